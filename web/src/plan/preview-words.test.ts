import { expect, test } from "vitest";
import type { PreviewTask, StepPreview } from "../../../src/contracts/preview.ts";
import {
  changingHosts,
  percentOf,
  previewLine,
  progressLine,
  spreadOf,
  titleOfTask,
  unknownsOf,
} from "./preview-words.ts";

const task: PreviewTask = {
  number: 1,
  name: "write it",
  source: "site.yml:3",
  module: "copy",
  listed: true,
  unchecked: false,
  results: [
    { class: "change", reason: null, hosts: ["a", "b", "c"] },
    { class: "unknown", reason: "the host could not be reached", hosts: ["d"] },
  ],
  diffs: [
    { hosts: ["a", "b"], text: "+x" },
    { hosts: ["c"], text: "+y" },
  ],
};
const step: StepPreview = {
  step: 0,
  state: "done",
  reason: null,
  hint: null,
  held: "sandbox",
  hosts: ["a", "b", "c", "d"],
  counts: { change: 3, same: 0, unknown: 1 },
  coverage: 0.75,
  tasks: [task],
  cut: false,
  startedBy: "ada",
  startedAt: null,
  endedAt: null,
};

test("A preview says its counts first, and how many hosts would change alike", () => {
  expect(previewLine(step)).toBe("3 would change, 0 would not, 1 cannot be known (75 % known)");
  expect(spreadOf(task)).toBe("2 hosts the same, 1 differs");
  expect(spreadOf({ ...task, diffs: [] })).toBeUndefined();
  expect(changingHosts(task)).toEqual(["a", "b", "c"]);
  expect(titleOfTask(task)).toBe("1. write it");
  expect(titleOfTask({ ...task, handler: true })).toBe("1. write it (handler)");
  expect(unknownsOf(step)).toMatchObject([{ reason: "the host could not be reached", hosts: ["d"] }]);
});

test("A preview that stopped says where, and almost all is not all", () => {
  const stopped = {
    ...step,
    state: "stopped",
    reason: "the preview could not continue past task 2",
  } as const;
  expect(previewLine(stopped)).toContain("could not continue past task 2");
  expect(percentOf(0.9999)).toBe("99 %");
  expect(percentOf(1)).toBe("100 %");
});

test("A preview that runs says which task runs where, and of how many when that is known", () => {
  const at = { task: 3, of: 8, name: "write it", host: "a" };
  expect(progressLine(at)).toBe("Task 3 of 8: write it on a");
  expect(progressLine({ ...at, of: null, host: null })).toBe("Task 3: write it");
  expect(progressLine({ ...at, task: null })).toBe("write it on a");
});
