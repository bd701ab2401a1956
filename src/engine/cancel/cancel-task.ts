import type { Task } from "../../contracts/run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import { resolveId } from "../plan/sql.ts";
import { applyRunEvent } from "../run/apply.ts";
import { getTask } from "../run/view-sql.ts";

/**
 * Cancels one task of a run: what waits for it is skipped, everything else of the run goes on. A task that runs is told to stop and
 * ends as its agent says. Idempotent. Throws `not-found`, `conflict` for a task that is over.
 */
export async function cancelTask(
  deps: CoreDeps,
  caller: Caller,
  given: { id: string; reason: string },
): Promise<Task> {
  const id = await resolveId(deps.db, "task", given.id);
  const { runId, step } = await getTask(deps.db, id);
  await deps.db.transaction().execute(async (tx) => {
    const reason = `cancelled by ${caller.actor.name}${given.reason === "" ? "" : `: ${given.reason}`}`;
    const event = { type: "cancel-task", taskId: id, reason } as const;
    const applied = await applyRunEvent(deps, tx, { runId, event });
    if (applied === undefined) throw new ChiffonError("not-found", `there is no task ${id}`);
    const task = applied.before.tasks.find((each) => each.id === id);
    if (applied.before === applied.after) {
      // Said a second time it stays as it is.
      if (task?.state === "cancelled" || task?.cancel != null) return;
      refuseOver(runId, { step, state: task?.state });
    }
    await recordAudit(tx, {
      at: deps.clock.now(),
      kind: "task.cancel-requested",
      actor: caller.actor,
      runId,
      taskId: id,
      data: { step, state: task?.state ?? null, reason: given.reason },
    });
  });
  return await getTask(deps.db, id);
}

function refuseOver(runId: string, task: { step: number; state: string | undefined }): never {
  const run = runId.slice(0, 8);
  const name = `step ${task.step + 1} of run ${run}`;
  if (task.state === "unknown")
    throw new ChiffonError(
      "conflict",
      `${name} does not run any more; nobody knows whether it had finished`,
      { hint: `look at its hosts, then say how it ended: chiffon run mark ${run} --step ${task.step + 1}` },
    );
  throw new ChiffonError("conflict", `${name} is over: ${task.state}`, {
    hint: `what became of the run: chiffon run show ${run}`,
  });
}
