import type { SignedApproval } from "../../contracts/agent-protocol.ts";
import type { ContinueRun, Run } from "../../contracts/run.ts";
import { approvalBytes } from "../../domain/approval.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { isEnded } from "../../domain/run/states.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import { getPlanRow, nameToType, resolveId, type PlanRow } from "../plan/sql.ts";
import { applyRunEvent } from "../run/apply.ts";
import { listPreviews, type PreviewRow } from "../run/preview-sql.ts";
import { getLoadedRun, type LoadedRun, type TaskRow } from "../run/sql.ts";
import { hashOfStop } from "../run/stops.ts";
import { getRun } from "../run/view-sql.ts";
import type { Tx } from "../schema.ts";
import { checkMayApprove } from "./rules.ts";
import { countUsers, setContinued } from "./sql.ts";

export type ContinueDeps = CoreDeps;

/**
 * The second approval of a step at whose stop a run waits, bound to what its preview has shown. Compare-and-set on the hash
 * and idempotent: continuing twice lets the step run once. Throws `hash-mismatch` with what changed, `conflict` when nothing
 * waits there, `not-allowed`, `needs-answer` (typing asked for).
 */
export async function continueRun(
  deps: ContinueDeps,
  caller: Caller,
  given: { id: string; body: ContinueRun },
): Promise<Run> {
  const id = await resolveId(deps.db, "run", given.id);
  const users = await countUsers(deps.db);
  await deps.db.transaction().execute(async (tx) => {
    const loaded = await getLoadedRun(tx, id);
    const previews = await listPreviews(tx, loaded.tasks);
    const task = findStop({ loaded, previews }, given.body);
    if (task === "repeat") return;
    const plan = await getPlanRow(tx, loaded.run.plan_id);
    checkMayApprove({
      caller,
      plan,
      typed: given.body.typed,
      nameToType: nameToType(plan),
      users,
      now: deps.clock.now(),
    });
    await goOn(deps, tx, { loaded, task, plan, caller, body: given.body });
  });
  return await getRun(deps.db, id);
}

interface Seen {
  readonly loaded: LoadedRun;
  readonly previews: readonly PreviewRow[];
}

/** The task that waits for exactly this approval; `repeat` when it has it already. */
function findStop({ loaded, previews }: Seen, { step, hash }: ContinueRun): TaskRow | "repeat" {
  const name = `step ${step + 1}`;
  const task = loaded.tasks.find((each) => each.step === step && each.stop !== null);
  const show = `read it again: chiffon run show ${loaded.run.id.slice(0, 8)}`;
  if (!task)
    throw new ChiffonError("bad-input", `the run was not asked to stop before ${name}`, { hint: show });
  if (task.stop === "approved") {
    if (task.stop_hash === hash) return "repeat";
    throw new ChiffonError("conflict", `${name} was approved already, with another preview than this one`, {
      hint: show,
    });
  }
  if (task.state !== "pending")
    throw new ChiffonError(
      "conflict",
      `${name} is ${task.state}: ${task.reason ?? "nobody has to decide about it"}`,
      {
        hint: show,
      },
    );
  if (task.stop === "ahead")
    throw new ChiffonError("conflict", `the run has not come to ${name} yet: ${task.reason ?? "it waits"}`, {
      hint: "approve it when it waits there and its preview is shown",
    });
  const preview = previews.find((each) => each.id === task.preview_run_id);
  if (preview && !isEnded(preview.state))
    throw new ChiffonError("conflict", `the preview of ${name} has not ended yet: it is ${preview.state}`, {
      hint: `watch it: chiffon run watch ${preview.id.slice(0, 8)}. To go on without it: chiffon run cancel ${preview.id.slice(0, 8)}`,
    });
  if (hashOfStop(loaded.run.plan_hash, task, previews) !== hash)
    throw new ChiffonError("hash-mismatch", whatChanged({ loaded, previews }, { task, hash }), {
      hint: show,
    });
  return task;
}

function whatChanged({ loaded, previews }: Seen, given: { task: TaskRow; hash: string }): string {
  const { plan_hash } = loaded.run;
  const name = `step ${given.task.step + 1}`;
  if (given.hash === plan_hash)
    return `this is the hash of the plan; the stop before ${name} has one of its own, bound to its preview`;
  if (given.hash === hashOfStop(plan_hash, given.task, []))
    return `the preview of ${name} has ended since this was shown`;
  const other = loaded.tasks.find(
    (each) =>
      each !== given.task && each.stop !== null && hashOfStop(plan_hash, each, previews) === given.hash,
  );
  return other
    ? `this is the hash of the stop before step ${other.step + 1}, not of the one before ${name}`
    : `this is not what waits before ${name}: what its preview shows has changed since, or it belongs to another run`;
}

async function goOn(
  deps: ContinueDeps,
  tx: Tx,
  work: { loaded: LoadedRun; task: TaskRow; plan: PlanRow; caller: Caller; body: ContinueRun },
): Promise<void> {
  const { loaded, task, plan, caller, body } = work;
  const { approval } = loaded.run;
  const at = deps.clock.now();
  // From now on the run goes on under this approval: it has its own time, and one stop less.
  const unsigned = {
    plan_id: approval.plan_id,
    plan_hash: approval.plan_hash,
    run_id: approval.run_id,
    approved_by: caller.actor.name,
    approved_at: at.toISOString(),
    expires_at: new Date(at.getTime() + deps.waits.approvalValid).toISOString(),
    stop_before: approval.stop_before.filter((step) => step !== task.step),
  };
  const signed: SignedApproval = { ...unsigned, signature: deps.sign(approvalBytes(unsigned)) };
  await setContinued(tx, { runId: loaded.run.id, taskId: task.id, signed, hash: body.hash });
  await recordAudit(tx, {
    at,
    kind: "step.approved",
    actor: caller.actor,
    requestId: plan.request_id,
    planId: plan.id,
    runId: loaded.run.id,
    taskId: task.id,
    services: task.services,
    status: "approved",
    data: {
      plan_hash: plan.hash,
      step: task.step,
      stop_hash: body.hash,
      preview_run_id: task.preview_run_id,
      risk: plan.risk,
      comment: body.comment ?? null,
      expires_at: signed.expires_at,
    },
  });
  await applyRunEvent(deps, tx, { runId: loaded.run.id, event: { type: "continued", taskId: task.id } });
}
