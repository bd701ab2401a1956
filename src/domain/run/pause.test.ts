import { expect, test } from "vitest";
import type { RunEvent } from "./model.ts";
import { maxAttempts, reduceRun } from "./reduce.ts";
import { accepted, placed, play, result, run, task } from "./testing.ts";

const pause: RunEvent = { type: "pause", reason: "paused by ada: lunch" };
const resume: RunEvent = { type: "resume" };
const chain = () => run(task(0), task(1, { after: [0] }));

test("a paused run lets its step end, begins no further one, says so, and goes on when it is resumed", () => {
  const paused = play(chain(), { type: "begun" }, placed(0), accepted(0), pause).model;
  expect(paused).toMatchObject({ state: "paused", reason: "paused by ada: lunch; step 1 still runs" });

  const held = play(paused, result(0, "succeeded"));
  expect(held.model).toMatchObject({ state: "paused", reason: "paused by ada: lunch" });
  expect(held.model.tasks[1]).toMatchObject({ state: "pending", reason: "paused by ada: lunch" });
  expect(held.effects).toEqual([]);

  const gone = play(held.model, resume);
  expect(gone.model).toMatchObject({ state: "running", pause: null });
  expect(gone.effects).toEqual([{ type: "place", taskId: "t1" }]);
});

test("what was handed out and has no start record is taken back, its late acceptance is denied, and it is handed out again", () => {
  const paused = play(chain(), { type: "begun" }, placed(0), pause);
  expect(paused.model.state).toBe("paused");
  const late = reduceRun(paused.model, accepted(0));
  expect(late.model).toBe(paused.model);
  expect(late.effects).toMatchObject([{ type: "deny", code: 5008 }]);
  expect(reduceRun(paused.model, placed(0, 2)).model).toBe(paused.model);

  const again = play(paused.model, resume, placed(0, 2), accepted(0, 2, 2));
  expect(again.model.tasks[0]).toMatchObject({
    state: "running",
    attempts: [{ started: false }, { number: 2 }],
  });
  expect(reduceRun(again.model, accepted(0)).effects).toMatchObject([{ type: "deny", code: 5009 }]);
});

test("however often a run is paused, that takes no try from its steps", () => {
  let model = play(run(task(0)), { type: "begun" }).model;
  for (let fence = 1; fence <= 2 * maxAttempts; fence += 1)
    model = play(model, placed(0, fence), pause, resume).model;

  expect(play(model, placed(0, 99)).model.tasks[0]?.state).toBe("leased");
});

test("a paused run can be cancelled, and is not paused any more", () => {
  const cancelled = play(
    chain(),
    { type: "begun" },
    placed(0),
    accepted(0),
    pause,
    { type: "cancel", reason: "enough" },
    result(0, "cancelled"),
  ).model;

  expect(cancelled).toMatchObject({ state: "cancelled", pause: null });
  expect(reduceRun(cancelled, resume).model).toBe(cancelled);
  expect(reduceRun(cancelled, pause).model).toBe(cancelled);
});

test("a run whose last step runs has nothing to pause, and one whose steps fall away is over", () => {
  const last = play(run(task(0)), { type: "begun" }, placed(0), accepted(0)).model;
  expect(reduceRun(last, pause).model).toBe(last);

  const failed = play(chain(), { type: "begun" }, placed(0), accepted(0), pause, result(0, "failed")).model;
  expect(failed).toMatchObject({ state: "failed", pause: null });
});

test("a paused run does not come to its stop before it is resumed, and a second approval resumes nothing", () => {
  const asked = run(task(0), task(1, { after: [0], stop: "ahead" }));
  const paused = play(asked, { type: "begun" }, placed(0), accepted(0), pause, result(0, "succeeded"));
  expect(paused.model.tasks[1]?.stop).toBe("ahead");
  const stopped = play(paused.model, resume);
  expect(stopped.effects).toEqual([{ type: "preview", taskId: "t1" }]);

  const again = play(stopped.model, pause).model;
  expect(again.reason).toBe("paused by ada: lunch; step 2 waits for its second approval");
  const approved = play(again, { type: "continued", taskId: "t1" }).model;
  expect(approved).toMatchObject({ state: "paused", reason: "paused by ada: lunch" });
  expect(play(approved, resume).model.tasks[1]?.state).toBe("ready");
});

test("while nobody knows how a step ended, only what waits for nothing else is paused", () => {
  const silent: RunEvent = { type: "silent", taskId: "t0", attempt: 1, at: 100, retryAt: 5 };
  const lost = play(chain(), { type: "begun" }, placed(0), accepted(0), pause, silent).model;
  expect(lost.state).toBe("unknown");
  expect(play(lost, result(0, "succeeded")).model.state).toBe("paused");
});
