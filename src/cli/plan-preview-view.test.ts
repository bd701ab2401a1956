import { expect, test } from "vitest";
import type { PlanPreview, StepPreview } from "../contracts/preview.ts";
import type { Plan } from "../contracts/plan.ts";
import { describePlanPreview, previewProgress, previewSummary } from "./plan-preview-view.ts";

const step: StepPreview = {
  step: 0,
  state: "done",
  reason: null,
  hint: null,
  held: "sandbox",
  hosts: ["a", "b", "c"],
  counts: { change: 2, same: 3, unknown: 1 },
  coverage: 5 / 6,
  tasks: [
    {
      number: 1,
      name: "write\u001B[31m it",
      source: "site.yml:3",
      module: "copy",
      listed: true,
      unchecked: false,
      results: [
        { class: "change", reason: null, hosts: ["a", "b"] },
        { class: "same", reason: null, hosts: ["c"] },
      ],
      diffs: [
        { hosts: ["a"], text: "--- x\n+++ x\n-old\n+new" },
        { hosts: ["b"], text: "--- x\n+++ x\n+other" },
      ],
    },
    {
      number: 2,
      name: "run it",
      source: "site.yml:5",
      module: "command",
      listed: false,
      handler: true,
      unchecked: true,
      results: [
        { class: "same", reason: "its condition is not met", hosts: ["a", "b"] },
        { class: "unknown", reason: "a program is not run in a preview", hosts: ["c"] },
      ],
      diffs: [],
    },
  ],
  cut: false,
  startedBy: "ada",
  startedAt: null,
  endedAt: null,
};
const plan = { id: "1a2b3c4d", steps: [] } as unknown as Plan;
const plainStyle = (_style: unknown, text: string): string => text;

test("a preview is told with its counts first, each change once, and what cannot be known with its reason", () => {
  const preview: PlanPreview = { planId: "1a2b3c4d", steps: [step] };
  const lines = describePlanPreview(preview, plan, plainStyle);
  expect(lines[0]).toBe("2 would change, 3 would not, 1 cannot be known (83 % known), in the sandbox");
  const text = lines.join("\n");
  expect(text).toContain(
    "1 task would run for real even in check mode. They were held in check mode:\n  2. run it (handler)",
  );
  expect(text).toContain(
    "1. write it  (site.yml:3)\n   would change a, b: 1 host the same, 1 differs\n   on a:\n     --- x",
  );
  expect(text).toContain(
    "Cannot be known before it runs:\n  2. run it (handler) on c: a program is not run in a preview",
  );
  expect(text).not.toContain("\u001B");
});

test("what is not available says what helps", () => {
  const lines = previewSummary({
    ...step,
    state: "unavailable",
    reason: "it has code",
    hint: "chiffon repo trust x",
  });
  expect(lines).toEqual(["no preview", "it has code", "  chiffon repo trust x"]);
});

test("a preview that runs says where it is, as far as that is known", () => {
  const at = { task: 3, of: 8, name: "write\u001B[31m it", host: "a" };
  const running: PlanPreview = { planId: "1a2b3c4d", steps: [{ ...step, state: "running", progress: at }] };
  expect(previewProgress(running)).toMatch(/^task 3 of 8: write.* it on a$/);
  expect(previewProgress(running)).not.toContain("\u001B");
  const early = { ...step, step: 1, progress: { task: null, of: null, name: "Gathering Facts", host: null } };
  expect(previewProgress({ ...running, steps: [step, early] })).toBe("step 2, Gathering Facts");
  expect(previewProgress({ ...running, steps: [step] })).toBe("");
});
