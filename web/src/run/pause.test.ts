import { expect, test } from "vitest";
import type { Task } from "../../../src/contracts/run.ts";
import { canBePaused, isPaused } from "./run-facts.ts";
import { makeRun } from "./testing-run.ts";

const [first] = makeRun().tasks as [Task];
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
