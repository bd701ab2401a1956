import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunEvent, RunModel } from "./model.ts";
import { reduceRun } from "./reduce.ts";
import { isEnded } from "./states.ts";
import { accepted, anyEvent, placed, play, result, run, task } from "./testing.ts";

const cancelled = (step: number, reason = "ada: wrong host"): RunEvent => ({
  type: "cancel-task",
  taskId: `t${step}`,
  reason,
});
const silent: RunEvent = { type: "silent", taskId: "t0", attempt: 1, at: 100, retryAt: 5 };
const renewed: RunEvent = { type: "renewed", taskId: "t0", attempt: 1, fence: 1, leaseUntil: 99 };
const statesOf = ({ tasks }: RunModel) => tasks.map((each) => each.state);

/** Two steps in order, and one beside them. */
const three = () => run(task(0), task(1, { after: [0] }), task(2));
const begun = (...events: RunEvent[]) => play(three(), { type: "begun" }, ...events).model;

test("one step that waits is cancelled: what comes after it is skipped with the reason, what does not goes on", () => {
  const { model, effects } = play(begun(), cancelled(0));

  expect(statesOf(model)).toEqual(["cancelled", "skipped", "ready"]);
  expect(model.tasks.map((each) => each.reason)).toEqual([
    "ada: wrong host",
    "step 1 cancelled",
    "waiting for an agent",
  ]);
  expect(model).toMatchObject({ state: "queued", cancelRequested: false });
  expect(effects).toEqual([]);
  const done = play(model, placed(2, 2), accepted(2, 1, 2), result(2, "succeeded", { fence: 2 })).model;
  expect(done).toMatchObject({ state: "cancelled", reason: "ada: wrong host" });
});

test("a step that was only handed out is cancelled at once, and its agent's acceptance is denied", () => {
  const { model, effects } = play(begun(placed(0)), cancelled(0));

  expect(statesOf(model)).toEqual(["cancelled", "skipped", "ready"]);
  expect(model.tasks[0]?.attempts).toMatchObject([{ state: "ended", outcome: "cancelled", started: false }]);
  expect(effects).toEqual([]);
  expect(reduceRun(model, accepted(0)).effects).toMatchObject([{ type: "deny", code: 5008 }]);
});

test("a step that runs is told to stop, again with every sign of life, and ends as its agent says", () => {
  const told = play(begun(placed(0), accepted(0)), cancelled(0));

  expect(told.effects).toEqual([{ type: "stop", taskId: "t0", attempt: 1, reason: "ada: wrong host" }]);
  expect(told.model).toMatchObject({
    state: "running",
    tasks: [{ state: "running", reason: "being stopped: ada: wrong host" }, { state: "pending" }, {}],
  });
  expect(reduceRun(told.model, renewed).effects).toEqual(told.effects);
  // Said once more by somebody else it stays as it was said first.
  expect(reduceRun(told.model, cancelled(0, "bob: me too"))).toEqual({
    model: told.model,
    effects: told.effects,
  });
  expect(statesOf(play(told.model, result(0, "cancelled")).model)).toEqual(["cancelled", "skipped", "ready"]);
  // It was faster than the stop.
  expect(statesOf(play(told.model, result(0, "succeeded")).model)).toEqual(["succeeded", "ready", "ready"]);
});

test("a step whose agent fell silent is stopped when the agent is back; one that nobody knows the end of is left alone", () => {
  const lost = begun(placed(0), accepted(0), silent);
  const told = play(lost, cancelled(0));
  expect(told.effects).toEqual([]);
  expect(statesOf(told.model)).toEqual(["unknown", "pending", "ready"]);

  const back = reduceRun(told.model, renewed);
  expect(back.effects).toEqual([{ type: "stop", taskId: "t0", attempt: 1, reason: "ada: wrong host" }]);
  expect(back.model.tasks[0]).toMatchObject({
    state: "running",
    reason: "being stopped: ada: wrong host",
  });
  const unheard = reduceRun(told.model, accepted(0));
  expect(unheard.effects.map((effect) => effect.type)).toEqual(["grant", "stop"]);

  const over = begun(placed(0), accepted(0), result(0, "unknown"));
  expect(reduceRun(over, cancelled(0)).model).toBe(over);
});

test("of a step that waits at its stop the preview is dropped", () => {
  const stopped = play(run(task(0), task(1, { after: [0], stop: "ahead" })), { type: "begun" }, placed(0), {
    ...accepted(0),
  }).model;
  const waiting = play(stopped, result(0, "succeeded")).model;
  expect(waiting.state).toBe("paused");

  const { model, effects } = play(waiting, cancelled(1));
  expect(effects).toEqual([{ type: "drop-preview", taskId: "t1" }]);
  expect(model).toMatchObject({
    state: "cancelled",
    tasks: [{ state: "succeeded" }, { state: "cancelled" }],
  });
});

test("a step of a paused run is cancelled, and what is left stays paused; one that is over changes nothing", () => {
  const paused = begun({ type: "pause", reason: "paused by ada" });
  const { model } = play(paused, cancelled(0));
  expect(statesOf(model)).toEqual(["cancelled", "skipped", "pending"]);
  expect(model).toMatchObject({ state: "paused", pause: "paused by ada" });
  expect(play(model, cancelled(2)).model).toMatchObject({ state: "cancelled", pause: null });

  const done = begun(placed(0), accepted(0), result(0, "succeeded"));
  expect(reduceRun(done, cancelled(0)).model).toBe(done);
  expect(reduceRun(done, cancelled(7)).model).toBe(done);
});

test("a step that another waits for to fail has not failed when it was cancelled", () => {
  const condition = { kind: "failed", step: 0 } as const;
  const { model } = play(
    run(task(0), task(1, { after: [0], condition })),
    { type: "begun" },
    placed(0),
    cancelled(0),
  );
  expect(statesOf(model)).toEqual(["cancelled", "skipped"]);
});

/** The engine's fences only grow. */
function numbered(events: readonly RunEvent[]): RunEvent[] {
  return events.map((event, at) => (event.type === "placed" ? { ...event, fence: 10 + at } : event));
}

test("whatever happens before and after, a cancelled step begins nothing more, and a step beside it fares as without that", () => {
  // What ends the whole run, or holds it, depends on all of its steps.
  const some = fc.array(
    anyEvent.filter((event) => "taskId" in event),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(some, some, (before, after) => {
      const start = play(three(), { type: "begun" }, ...numbered(before)).model;
      const told = reduceRun(start, cancelled(0)).model;
      const with_ = play(told, ...numbered(after)).model;
      const without = play(start, ...numbered(after)).model;

      expect(with_.tasks[2]).toEqual(without.tasks[2]);
      expect(with_.tasks[0]?.attempts).toHaveLength(start.tasks[0]?.attempts.length ?? 0);
      const begunBefore = start.tasks[0]?.attempts.some((attempt) => attempt.started) === true;
      if (!begunBefore && start.tasks[0]?.state !== "failed") {
        expect(with_.tasks[0]?.state).toBe("cancelled");
        expect(["skipped", "cancelled"]).toContain(with_.tasks[1]?.state);
      }
      if (isEnded(with_.state) && with_.state !== "unknown")
        expect(with_.tasks.every((each) => each.state !== "pending")).toBe(true);
    }),
    { numRuns: 500 },
  );
});
