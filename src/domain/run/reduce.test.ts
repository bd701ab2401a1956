import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunEvent } from "./model.ts";
import { maxAttempts, reduceRun } from "./reduce.ts";
import { isEnded, isSettled } from "./states.ts";
import { accepted, anyEvent, anyStops, placed, play, result, run, task } from "./testing.ts";

test("two steps in order run one after the other and the run succeeds", () => {
  const start = play(run(task(0), task(1, { after: [0] })), { type: "begun" });
  expect(start.model.tasks.map((each) => each.state)).toEqual(["ready", "pending"]);
  expect(start.effects).toEqual([{ type: "place", taskId: "t0" }]);

  const first = play(start.model, placed(0), accepted(0), result(0, "succeeded"));
  expect(first.model.tasks.map((each) => each.state)).toEqual(["succeeded", "ready"]);
  expect(first.effects.map((effect) => effect.type)).toEqual(["order", "grant", "place"]);

  const second = play(first.model, placed(1, 2), accepted(1, 1, 2), result(1, "succeeded", { fence: 2 }));
  expect(second.model.state).toBe("succeeded");
});

test("a failed step stops its dependents, and independent branches finish", () => {
  const done = play(
    run(task(0), task(1, { after: [0] }), task(2)),
    { type: "begun" },
    placed(0),
    accepted(0),
    result(0, "failed"),
    placed(2, 2),
    accepted(2, 1, 2),
    result(2, "succeeded", { fence: 2 }),
  );

  expect(done.model.tasks.map((each) => each.state)).toEqual(["failed", "skipped", "succeeded"]);
  expect(done.model.state).toBe("failed");
});

test("a step that waits for a failure runs then, and the run counts as succeeded", () => {
  const condition = { kind: "failed", step: 0 } as const;
  const done = play(
    run(task(0), task(1, { after: [0], condition })),
    { type: "begun" },
    placed(0),
    accepted(0),
    result(0, "failed"),
    placed(1, 2),
    accepted(1, 1, 2),
    result(1, "succeeded", { fence: 2 }),
  );

  expect(done.model.state).toBe("succeeded");
});

test("a step is skipped when the condition on the one before does not hold, and what follows it still runs", () => {
  const condition = { kind: "changed", step: 0 } as const;
  const done = play(
    run(task(0), task(1, { after: [0], condition }), task(2, { after: [1] })),
    { type: "begun" },
    placed(0),
    accepted(0),
    result(0, "succeeded", { changed: false }),
  );

  expect(done.model.tasks.map((each) => each.state)).toEqual(["succeeded", "skipped", "ready"]);
  expect(done.model.tasks[1]?.reason).toBe("step 1 changed nothing");
});

test("an attempt without start record is handed out again, with a new fence, at most four times", () => {
  let model = play(run(task(0)), { type: "begun" }).model;
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const silent: RunEvent = { type: "silent", taskId: "t0", attempt, at: 100, retryAt: 5 };
    model = play(model, placed(0, attempt), silent).model;
  }

  expect(model.tasks[0]?.attempts).toHaveLength(maxAttempts);
  expect(model.state).toBe("failed");
});

test("a started attempt that falls silent is unknown and never handed out again by itself", () => {
  const lost = play(run(task(0), task(1, { after: [0] })), { type: "begun" }, placed(0), accepted(0), {
    type: "silent",
    taskId: "t0",
    attempt: 1,
    at: 100,
    retryAt: 5,
  });

  expect(lost.model.tasks.map((each) => each.state)).toEqual(["unknown", "pending"]);
  expect(lost.model.state).toBe("unknown");
  expect(lost.effects.filter((effect) => effect.type === "place")).toHaveLength(1);

  const late = play(lost.model, result(0, "succeeded"));
  expect(late.model.tasks.map((each) => each.state)).toEqual(["succeeded", "ready"]);
});

test("an agent that comes back while its attempt is unknown goes on, unless the run was cancelled meanwhile", () => {
  const silent: RunEvent = { type: "silent", taskId: "t0", attempt: 1, at: 100, retryAt: 5 };
  const renewed: RunEvent = { type: "renewed", taskId: "t0", attempt: 1, fence: 1, leaseUntil: 99 };
  const lost = play(run(task(0)), { type: "begun" }, placed(0), accepted(0), silent);

  expect(play(lost.model, renewed).model.state).toBe("running");
  const cancelled = play(lost.model, { type: "cancel", reason: "enough" }, renewed);
  expect(cancelled.effects).toEqual([
    { type: "stop", taskId: "t0", attempt: 1, reason: "the run was cancelled" },
  ]);
});

test("an agent that never heard of its grant is granted again while its attempt is unknown, with the stop of a cancelled run", () => {
  const silent: RunEvent = { type: "silent", taskId: "t0", attempt: 1, at: 100, retryAt: 5 };
  const lost = play(run(task(0)), { type: "begun" }, placed(0), accepted(0), silent);

  const again = play(lost.model, accepted(0));
  expect(again.model.state).toBe("running");
  expect(again.effects).toEqual([{ type: "grant", taskId: "t0", attempt: 1 }]);
  const cancelled = play(lost.model, { type: "cancel", reason: "enough" }, accepted(0));
  expect(cancelled.effects.map((effect) => effect.type)).toEqual(["grant", "stop"]);
});

test("an attempt whose agent itself said that it does not know is over: no late word of it counts", () => {
  const over = play(run(task(0)), { type: "begun" }, placed(0), accepted(0), result(0, "unknown"));
  const renewed: RunEvent = { type: "renewed", taskId: "t0", attempt: 1, fence: 1, leaseUntil: 99 };

  for (const late of [renewed, accepted(0)]) {
    const reduced = reduceRun(over.model, late);
    expect(reduced.model).toBe(over.model);
    expect(reduced.effects).toMatchObject([{ type: "deny", code: 5008 }]);
  }
});

test("a person who has looked settles a task of unknown end: what waits for it goes on, and no late word counts", () => {
  const silent: RunEvent = { type: "silent", taskId: "t0", attempt: 1, at: 100, retryAt: 5 };
  const asked = run(task(0), task(1, { after: [0] }));
  const lost = play(asked, { type: "begun" }, placed(0), accepted(0), silent).model;
  const marked = (outcome: "succeeded" | "failed"): RunEvent => ({
    type: "marked",
    taskId: "t0",
    outcome,
    reason: "ada says so",
  });

  const well = play(lost, marked("succeeded"));
  expect(well.model.tasks.map((each) => each.state)).toEqual(["succeeded", "ready"]);
  expect(play(lost, marked("failed")).model).toMatchObject({
    state: "failed",
    tasks: [{ state: "failed", reason: "ada says so" }, { state: "skipped" }],
  });
  expect(reduceRun(well.model, result(0, "failed")).model).toBe(well.model);
  expect(reduceRun(well.model, accepted(0)).effects).toMatchObject([{ type: "deny" }]);
  expect(play(asked, { type: "begun" }, marked("succeeded")).model.tasks[0]?.state).toBe("ready");
});

test("a run of unknown end that is cancelled stays unknown, cancels what waited, and says what cancelling means", () => {
  const silent: RunEvent = { type: "silent", taskId: "t0", attempt: 1, at: 100, retryAt: 5 };
  const lost = play(run(task(0), task(1, { after: [0] })), { type: "begun" }, placed(0), accepted(0), silent);
  const cancelled = play(lost.model, { type: "cancel", reason: "enough" }).model;

  expect(cancelled.tasks.map((each) => each.state)).toEqual(["unknown", "cancelled"]);
  expect(cancelled.state).toBe("unknown");
  expect(cancelled.reason).toMatch(
    /^step 1: we do not know whether it finished.*\. It was cancelled: nothing/,
  );
});

test("silence that was noticed before the lease was renewed ends nothing", () => {
  const begun = play(run(task(0)), { type: "begun" }, placed(0), accepted(0));
  const renewed: RunEvent = { type: "renewed", taskId: "t0", attempt: 1, fence: 1, leaseUntil: 100 };

  const after = play(begun.model, renewed, { type: "silent", taskId: "t0", attempt: 1, at: 99, retryAt: 0 });

  expect(after.model.tasks[0]?.state).toBe("running");
});

test("a stop that got lost is told again when the agent renews its lease", () => {
  const begun = play(run(task(0)), { type: "begun" }, placed(0), accepted(0), {
    type: "cancel",
    reason: "enough",
  });
  const renewed: RunEvent = { type: "renewed", taskId: "t0", attempt: 1, fence: 1, leaseUntil: 99 };

  expect(reduceRun(begun.model, renewed).effects).toMatchObject([{ type: "stop", taskId: "t0", attempt: 1 }]);
});

test("a failure that another step was waiting for does not hide a second failure", () => {
  const condition = { kind: "failed", step: 0 } as const;
  const done = play(
    run(task(0), task(1, { after: [0], condition }), task(2)),
    { type: "begun" },
    placed(0),
    accepted(0),
    result(0, "failed"),
    placed(1, 2),
    accepted(1, 1, 2),
    result(1, "succeeded", { fence: 2 }),
    placed(2, 3),
    accepted(2, 1, 3),
    result(2, "failed", { fence: 3 }),
  );

  expect(done.model.state).toBe("failed");
  expect(done.model.reason).toContain("step 3 failed");
});

test("an acceptance with an old fence is denied", () => {
  const silent: RunEvent = { type: "silent", taskId: "t0", attempt: 1, at: 100, retryAt: 5 };
  const again = play(run(task(0)), { type: "begun" }, placed(0, 1), silent, placed(0, 2));

  const reduced = reduceRun(again.model, accepted(0, 1, 1));

  expect(reduced.model).toBe(again.model);
  expect(reduced.effects).toMatchObject([{ type: "deny", code: 5009, fence: 1 }]);
});

test("cancelling stops what runs, drops what waits, and denies what was only handed out", () => {
  const begun = play(
    run(task(0), task(1, { after: [0] }), task(2)),
    { type: "begun" },
    placed(0),
    accepted(0),
  );
  const leased = play(begun.model, placed(2, 2));
  const cancelled = play(leased.model, { type: "cancel", reason: "enough" });

  expect(cancelled.model.tasks.map((each) => each.state)).toEqual(["running", "cancelled", "cancelled"]);
  expect(cancelled.effects).toEqual([{ type: "stop", taskId: "t0", attempt: 1, reason: "enough" }]);
  expect(play(cancelled.model, accepted(2, 1, 2)).effects).toMatchObject([{ type: "deny" }]);
  expect(play(cancelled.model, result(0, "cancelled")).model.state).toBe("cancelled");
});

test("an approval that expires ends only a run in which nothing has started", () => {
  const waiting = play(run(task(0)), { type: "begun" });
  const started = play(waiting.model, placed(0), accepted(0));

  expect(play(waiting.model, { type: "approval-expired" }).model.state).toBe("cancelled");
  expect(reduceRun(started.model, { type: "approval-expired" }).model).toBe(started.model);
});

test("whatever happens in whatever order, attempts never overlap and a started one is never followed by another", () => {
  fc.assert(
    fc.property(anyStops, fc.array(anyEvent, { maxLength: 60 }), ([one, two], events) => {
      const asked = run(task(0), task(1, { after: [0], stop: one }), task(2, { stop: two }));
      let model = reduceRun(asked, { type: "begun" }).model;
      let fence = 10;
      for (const event of events) {
        // The engine's fences only grow.
        const given = event.type === "placed" ? { ...event, fence: (fence += 1) } : event;
        const before = model;
        model = reduceRun(model, given).model;
        for (const each of model.tasks) {
          const open = each.attempts.filter((attempt) => attempt.state !== "ended");
          expect(open.length).toBeLessThanOrEqual(1);
          const started = each.attempts.filter((attempt) => attempt.started);
          expect(started.length).toBeLessThanOrEqual(1);
          if (started[0]) expect(each.attempts.at(-1)).toBe(started[0]);
          const old = before.tasks.find((other) => other.id === each.id);
          if (before.pause !== null && model.pause !== null) {
            expect(["ready", "leased"]).not.toContain(each.state);
            expect(each.attempts).toHaveLength(old?.attempts.length ?? 0);
          }
          if (old?.state === "succeeded" || old?.state === "skipped") expect(each.state).toBe(old.state);
        }
        if (isEnded(model.state) && model.state !== "unknown")
          expect(model.tasks.every((each) => isSettled(each.state))).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
