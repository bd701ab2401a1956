import type { MarkRun } from "../../contracts/api.ts";
import type { Run } from "../../contracts/run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import { refuseExpired } from "../pause/pause.ts";
import { resolveId } from "../plan/sql.ts";
import { applyRunEvent } from "../run/apply.ts";
import { getLoadedRun, type LoadedRun } from "../run/sql.ts";
import { getRun } from "../run/view-sql.ts";

/**
 * A person who has looked says how a step of unknown end has ended; what waits for it goes on, or not. Whatever its agent says
 * later does not count any more. Throws `not-found`, `conflict` where the end is known, or where it may still be at work.
 */
export async function markRun(
  deps: CoreDeps,
  caller: Caller,
  given: { id: string; body: MarkRun },
): Promise<Run> {
  const { step, outcome, reason } = given.body;
  const id = await resolveId(deps.db, "run", given.id);
  await deps.db.transaction().execute(async (tx) => {
    const loaded = await getLoadedRun(tx, id);
    refusePreview(loaded);
    const task = findLost(loaded, step);
    // What waits for the step would begin, and be refused by its agent.
    if (loaded.model.tasks.some((each) => each.state === "pending")) refuseExpired(deps, loaded.run);
    refuseAtWork(deps, loaded, task);
    const said = `${caller.actor.name} says that it ${outcome === "succeeded" ? "has succeeded" : "has failed"}: ${reason}`;
    const event = { type: "marked", taskId: task.id, outcome, reason: said } as const;
    await applyRunEvent(deps, tx, { runId: id, event });
    await recordAudit(tx, {
      at: deps.clock.now(),
      kind: "task.marked",
      actor: caller.actor,
      planId: loaded.run.plan_id,
      runId: id,
      taskId: task.id,
      status: outcome,
      data: { step, outcome, reason },
    });
  });
  return await getRun(deps.db, id);
}

type Task = LoadedRun["model"]["tasks"][number];

function refusePreview({ model, run }: LoadedRun): void {
  if (run.purpose !== "preview") return;
  throw new ChiffonError(
    "conflict",
    `run ${model.id.slice(0, 8)} is a preview: what it shows is what it saw`,
    {
      hint: "preview the plan again, or decide without it",
    },
  );
}

function findLost({ model }: LoadedRun, step: number): Task {
  const task = model.tasks.find((each) => each.step === step);
  if (task === undefined)
    throw new ChiffonError("not-found", `run ${model.id.slice(0, 8)} has no step ${step + 1}`, {
      hint: `its steps: chiffon run show ${model.id.slice(0, 8)}`,
    });
  if (task.state === "unknown") return task;
  throw new ChiffonError("conflict", `step ${step + 1} is ${task.state}: its end is not unknown`, {
    hint: "only a step of which nobody knows how it ended can be marked",
  });
}

/** Marked too early, its hosts would be given to others while it goes on. */
function refuseAtWork(deps: CoreDeps, { tasks }: LoadedRun, task: Task): void {
  const attempt = task.attempts.at(-1);
  const lostAt = tasks.find((row) => row.id === task.id)?.ended_at;
  // Its agent itself said that it does not know: nothing of it runs any more.
  if (attempt?.outcome !== null || lostAt == null) return;
  const until = new Date(lostAt.getTime() + deps.waits.orphanLimit);
  if (until <= deps.clock.now()) return;
  throw new ChiffonError("conflict", `step ${task.step + 1} may still be at work: its agent is silent`, {
    hint: `it stops by itself until ${until.toISOString().slice(0, 16).replace("T", " ")} UTC, or says how it ended when its agent is back; mark it then`,
  });
}
