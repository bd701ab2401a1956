import { expect, test } from "vitest";
import type { HostFacts } from "../../contracts/fact.ts";
import type { StepCondition } from "../../contracts/plan.ts";
import { chooseRetried, type TriedStep } from "./retry.ts";
import { accepted, placed, play, result, run, task } from "./testing.ts";

const condition: StepCondition = {
  kind: "fact",
  step: 0,
  host: "web1",
  fact: "cores",
  is: "more",
  value: 2,
  text: "number of cores of web1 is more than 2",
};
const opposite: StepCondition = { ...condition, is: "at-most" };

/** The facts are read, and this is what they were. */
function afterReading(facts: HostFacts | undefined, outcome: "succeeded" | "failed" = "succeeded") {
  const told = facts === undefined ? {} : { facts: { web1: facts } };
  const reading = task(0, told);
  const model = run(
    reading,
    task(1, { after: [0], condition }),
    task(2, { after: [0], condition: opposite }),
  );
  return play(model, { type: "begun" }, placed(0), accepted(0), result(0, outcome)).model;
}

test("of a step and its otherwise the one whose comparison holds begins, the other is skipped with what was read", () => {
  const model = afterReading({ cores: 4 });
  expect(model.tasks.map((each) => each.state)).toEqual(["succeeded", "ready", "skipped"]);
  expect(model.tasks[2]).toMatchObject({
    skipCause: "condition",
    reason: "number of cores of web1 is 4, and has to be at most 2",
  });
  const { model: ended } = play(model, placed(1, 2), accepted(1, 1, 2), result(1, "succeeded", { fence: 2 }));
  expect(ended.state).toBe("succeeded");
  expect(afterReading({ cores: 2 }).tasks.map((each) => each.state)).toEqual([
    "succeeded",
    "skipped",
    "ready",
  ]);
});

test("what was not told runs nothing, neither the step nor its otherwise", () => {
  for (const facts of [undefined, {}]) {
    const model = afterReading(facts);
    expect(model.tasks.map((each) => each.state)).toEqual(["succeeded", "skipped", "skipped"]);
    expect(model.tasks[1]?.reason).toBe("the number of cores of web1 is not known: step 1 did not tell");
    expect(model.state).toBe("succeeded");
  }
});

test("where the facts could not be read the step does not run, and the run has failed", () => {
  const model = afterReading({ cores: 4 }, "failed");
  expect(model.tasks.map((each) => [each.state, each.skipCause])).toEqual([
    ["failed", null],
    ["skipped", "dependency"],
    ["skipped", "dependency"],
  ]);
  expect(model.state).toBe("failed");
});

const tried = (step: number, more: Partial<TriedStep>): TriedStep => ({
  step,
  state: "succeeded",
  skipCause: null,
  changed: false,
  hosts: ["web1"],
  left: [],
  after: [],
  condition: null,
  ...more,
});

test("tried again: a step that had begun needs no facts, one that had not reads them anew", () => {
  const failed = [tried(0, {}), tried(1, { state: "failed", left: ["web1"], after: [0], condition })];
  expect(chooseRetried(failed, undefined)).toMatchObject({
    steps: [{ step: 1, condition: null }],
    notes: [expect.stringContaining("what step 1 told allowed it there")],
  });
  const skipped = [
    tried(0, {}),
    tried(1, { state: "failed", left: ["web1"] }),
    tried(2, { state: "skipped", skipCause: "dependency", after: [0, 1], condition }),
  ];
  expect(chooseRetried(skipped, undefined).steps).toMatchObject([
    { step: 0, hosts: ["web1"] },
    { step: 1 },
    { step: 2, after: [0, 1], condition },
  ]);
});
