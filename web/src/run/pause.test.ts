import { expect, test } from "vitest";
import type { Task } from "../../../src/contracts/run.ts";
import { canBePaused, hasFailedPart, isPaused } from "./run-facts.ts";
import { at, makeRun } from "./testing-run.ts";

const [first] = makeRun().tasks as [Task];
const begun: Task = {
  ...first,
  attempts: [
    {
      number: 1,
      fence: 1,
      agentId: first.id,
      state: "ended",
      outcome: "failed",
      exitCode: 2,
      error: null,
      recap: null,
      resources: null,
      leasedAt: at,
      startedAt: at,
      endedAt: at,
    },
  ],
};
const two = (state: Task["state"]) => [first, { ...first, step: 1, state }];

test("a run under way can be paused while it has a further step", () => {
  expect(canBePaused(makeRun({ tasks: two("pending") }))).toBe(true);
  expect(canBePaused(makeRun({ tasks: two("succeeded") }))).toBe(false);
  expect(canBePaused(makeRun())).toBe(false);
  expect(canBePaused(makeRun({ tasks: two("pending"), purpose: "preview" }))).toBe(false);
  expect(canBePaused(makeRun({ tasks: two("pending"), state: "paused" }))).toBe(false);
});

test("a run is paused while somebody holds it, and not while it waits at a stop", () => {
  expect(isPaused(makeRun({ state: "paused", pause: "paused by ada" }))).toBe(true);
  expect(isPaused(makeRun({ state: "paused", pause: null }))).toBe(false);
});

test("a run that did not end well can be tried again when nothing of it waits any more", () => {
  const ended = (state: Task["state"]) =>
    two("skipped").map((task) => (task.step === 0 ? { ...begun, state } : task));
  expect(hasFailedPart(makeRun({ state: "failed", tasks: ended("failed") }))).toBe(true);
  expect(hasFailedPart(makeRun({ state: "unknown", tasks: [begun, ...two("pending").slice(1)] }))).toBe(
    false,
  );
  expect(hasFailedPart(makeRun({ state: "succeeded", tasks: ended("succeeded") }))).toBe(false);
  expect(hasFailedPart(makeRun({ state: "running" }))).toBe(false);
  expect(hasFailedPart(makeRun({ state: "cancelled", tasks: two("cancelled") }))).toBe(false);
});
