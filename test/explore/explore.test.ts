import { expect, test } from "vitest";
import { explore } from "./explore.ts";
import { bugs, cancellingTasks, pausing, production } from "./rules.ts";
import { chain, one, pair } from "./runs.ts";

/* Fewer faults than `npm run explore` takes; the states that are reached are the same in each run. */
test.each([
  { name: "one task with up to two faults", run: one, faults: 2 },
  { name: "one task that is paused, with up to two faults", run: one, faults: 2, rules: pausing },
  {
    name: "one task that is cancelled by itself, with up to two faults",
    run: one,
    faults: 2,
    rules: cancellingTasks,
  },
  { name: "two tasks in order, with a fault", run: chain, faults: 1 },
  { name: "two tasks side by side", run: pair, faults: 0 },
])(
  "[P2] $name: in every order nothing is lost, doubled, overlapping or stuck",
  ({ run, faults, rules = production }) => {
    const found = explore({ run, rules, faults });
    expect(found.wrong).toBeUndefined();
    expect(found.closed).toBe(true);
    expect(found.states).toBeGreaterThan(10_000);
    process.stdout.write(
      `[P2] closed under <= ${faults} faults: ${found.states} states, ${found.moves} moves\n`,
    );
  },
);

test.each(Object.entries(bugs))("the explorer finds a known bug: %s", (_, rules) => {
  const { wrong } = explore({ run: one, rules, faults: 2 });
  expect(wrong?.what).toMatch(/^(lost|doubled|overlapping|stuck): /);
  expect(wrong?.moves.length).toBeGreaterThan(1);
});

test("what it does not find within its limit it does not call closed", () => {
  expect(explore({ run: one, rules: production, faults: 2, maxStates: 100 })).toMatchObject({
    closed: false,
    wrong: undefined,
  });
});
