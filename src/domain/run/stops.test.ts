import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunEvent, RunModel } from "./model.ts";
import { reduceRun } from "./reduce.ts";
import { accepted, anyEvent, anyStops, placed, play, result, run, task } from "./testing.ts";

test("a run stops before a step as asked, has it previewed once, and goes on when it is approved", () => {
  const reason = "stopped before step 2 as asked: look at its preview and approve it to go on";
  const begun = play(
    run(task(0), task(1, { after: [0], stop: "ahead" })),
    { type: "begun" },
    placed(0),
    accepted(0),
  );
  expect(begun.model.tasks[1]?.stop).toBe("ahead");

  const stopped = play(begun.model, result(0, "succeeded"));
  expect(stopped.model).toMatchObject({ state: "paused", reason });
  expect(stopped.model.tasks[1]).toMatchObject({ state: "pending", stop: "waiting", reason });
  expect(stopped.effects).toEqual([{ type: "preview", taskId: "t1" }]);
  expect(play(stopped.model, placed(1, 2), result(0, "succeeded")).model).toBe(stopped.model);

  const on = play(stopped.model, { type: "continued", taskId: "t1" }, { type: "continued", taskId: "t1" });
  expect(on.model.tasks[1]).toMatchObject({ state: "ready", stop: "approved" });
  expect(on.effects).toEqual([{ type: "place", taskId: "t1" }]);
  const done = play(on.model, placed(1, 2), accepted(1, 1, 2), result(1, "succeeded", { fence: 2 }));
  expect(done.model.state).toBe("succeeded");
});

test("while one branch waits at its stop the others go on, and the run is paused when all of them wait", () => {
  const begun = play(run(task(0), task(1, { stop: "ahead" }), task(2, { after: [1] })), { type: "begun" });
  expect(begun.model.state).toBe("queued");
  expect(begun.effects).toEqual([
    { type: "place", taskId: "t0" },
    { type: "preview", taskId: "t1" },
  ]);

  const paused = play(begun.model, placed(0), accepted(0), result(0, "succeeded"));
  expect(paused.model.state).toBe("paused");
  expect(paused.model.tasks[2]?.reason).toBe("waiting for step 2");
});

test("a stop before a step whose predecessor failed is void, and so is one that was approved too early", () => {
  const begun = play(
    run(task(0), task(1, { after: [0], stop: "ahead" })),
    { type: "begun" },
    { type: "continued", taskId: "t1" },
    placed(0),
    accepted(0),
  );
  expect(begun.model.tasks[1]?.stop).toBe("ahead");

  const failed = play(begun.model, result(0, "failed"), { type: "continued", taskId: "t1" });
  expect(failed.model.tasks[1]).toMatchObject({ state: "skipped", reason: "step 1 failed" });
  expect(failed.model.state).toBe("failed");
  expect(failed.effects).toEqual([]);
});

test("cancelling a run that waits at its stop ends it, and its preview too", () => {
  const paused = play(
    run(task(0), task(1, { after: [0], stop: "ahead" })),
    { type: "begun" },
    placed(0),
    accepted(0),
    result(0, "succeeded"),
  );
  const cancelled = play(
    paused.model,
    { type: "cancel", reason: "enough" },
    { type: "continued", taskId: "t1" },
  );

  expect(cancelled.model).toMatchObject({ state: "cancelled", reason: "enough" });
  expect(cancelled.effects).toEqual([{ type: "drop-preview", taskId: "t1" }]);
});

/** Half of what names an attempt is about the newest one, as most words of an agent are. */
function meant(model: RunModel, event: RunEvent): RunEvent {
  if (event.type === "placed" || !("fence" in event) || event.fence % 2 === 0) return event;
  const last = model.tasks.find((each) => each.id === event.taskId)?.attempts.at(-1);
  return last ? { ...event, attempt: last.number, fence: last.fence } : event;
}

test("whatever happens in whatever order, a step behind a stop begins only by its second approval, after one preview", () => {
  let approved = 0;
  fc.assert(
    fc.property(anyStops, fc.array(anyEvent, { maxLength: 60 }), ([one, two], events) => {
      const asked = run(task(0), task(1, { after: [0], stop: one }), task(2, { stop: two }));
      const previews: string[] = [];
      let before = asked;
      let fence = 10;
      // Most runs are not cancelled before they come to their stops.
      const rare = ({ type }: RunEvent) =>
        type === "cancel" || type === "cancel-task" || type === "approval-expired";
      const kept = events.filter((event, index) => !rare(event) || index % 8 === 7);
      for (const event of [{ type: "begun" } as const, ...kept]) {
        const given = event.type === "placed" ? { ...event, fence: (fence += 1) } : meant(before, event);
        const { model, effects } = reduceRun(before, given);
        for (const effect of effects) if (effect.type === "preview") previews.push(effect.taskId);
        for (const [index, each] of model.tasks.entries()) {
          const old = before.tasks[index];
          if (each.stop !== old?.stop && each.stop === "approved") {
            expect(given).toEqual({ type: "continued", taskId: each.id });
            expect(old).toMatchObject({ state: "pending", stop: "waiting" });
            approved += 1;
          }
          if (each.stop === "waiting") expect(previews).toContain(each.id);
          if (each.stop === "ahead" || each.stop === "waiting") {
            expect(each.attempts).toEqual([]);
            expect(["pending", "skipped", "cancelled"]).toContain(each.state);
          }
        }
        const waits = model.tasks.some((each) => each.state === "pending" && each.stop === "waiting");
        const busy = model.tasks.some((each) =>
          ["ready", "leased", "running", "unknown"].includes(each.state),
        );
        if (model.pause === null) expect(model.state === "paused").toBe(waits && !busy);
        before = model;
      }
      expect(new Set(previews).size).toBe(previews.length);
    }),
    { numRuns: 500 },
  );
  expect(approved).toBeGreaterThan(20);
});
