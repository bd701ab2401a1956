import type { SignedApproval } from "../../contracts/agent-protocol.ts";
import type { Approval, ApprovePlan, Plan } from "../../contracts/plan.ts";
import { approvalBytes } from "../../domain/approval.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { queueTime } from "../../domain/queue/queue.ts";
import { recordAudit } from "../audit/record.ts";
import type { JsonObject } from "../../domain/canonical-json.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { PlanRetry } from "../core-tables.ts";
import type { Caller } from "../engine.ts";
import { confirmChoices, isChoice, type LearnDeps } from "../learn/aliases.ts";
import { isOneClick } from "../plan/one-click.ts";
import { findStaleness, type FreshnessDeps } from "../plan/freshness.ts";
import {
  getPlan,
  getPlanRow,
  lockPlanRow,
  nameToType,
  resolveId,
  servicesOf,
  type PlanRow,
} from "../plan/sql.ts";
import { getRequest } from "../request/sql.ts";
import { createWorld, listHostNames } from "../request/world.ts";
import { setPlanState, tellPlan } from "../plan/state.ts";
import { applyRunEvent } from "../run/apply.ts";
import type { Database, Tx } from "../schema.ts";
import { checkMayApprove } from "./rules.ts";
import { countUsers, insertRun, insertTasks, listStopsOfRun, setApproval } from "./sql.ts";
import { failpoint } from "../../ports/failpoint.ts";

export type ApproveDeps = CoreDeps & FreshnessDeps & LearnDeps;

/**
 * Approves exactly the plan with that hash. Compare-and-set: of two approvals at once one makes the run and the other finds
 * it. Throws `hash-mismatch`, `plan-stale`, `plan-expired`, `conflict`, `not-allowed`, `needs-answer` (typing asked for).
 */
export async function approvePlan(
  deps: ApproveDeps,
  caller: Caller,
  given: { id: string; body: ApprovePlan },
): Promise<Plan> {
  const id = await resolveId(deps.db, "plan", given.id);
  const seen = await getPlanRow(deps.db, id);
  const stopBefore = toStopBefore(seen, given.body.stopBefore);
  if (isRepeat(seen, given.body.hash)) {
    await refuseOtherStops(deps.db, seen, stopBefore);
    return await getPlan(deps.db, id);
  }
  checkOpen(seen, given.body.hash);
  checkMayApprove({
    caller,
    plan: seen,
    typed: given.body.typed,
    nameToType: nameToType(seen),
    users: await countUsers(deps.db),
    now: deps.clock.now(),
  });
  await refuseStale(deps, seen);
  const hosts = await listHostsForChoices(deps, seen);
  failpoint("approve.checked");
  await deps.db.transaction().execute(async (tx) => {
    const row = await lockPlanRow(tx, id);
    failpoint("approve.locked");
    if (isRepeat(row, given.body.hash)) return await refuseOtherStops(tx, row, stopBefore);
    checkOpen(row, given.body.hash);
    const comment = given.body.comment ?? null;
    await beginRun(deps, tx, { row, caller, stopBefore, comment, hosts });
  });
  failpoint("approve.committed");
  return await getPlan(deps.db, id);
}

export async function rejectPlan(
  deps: CoreDeps,
  caller: Caller,
  given: { id: string; reason: string },
): Promise<Plan> {
  const id = await resolveId(deps.db, "plan", given.id);
  await deps.db.transaction().execute(async (tx) => {
    const row = await lockPlanRow(tx, id);
    if (row.state === "rejected") return;
    if (row.state !== "proposed") throw closed(row);
    const at = deps.clock.now();
    const approval: Approval = {
      decision: "rejected",
      by: caller.actor.name,
      at: at.toISOString(),
      comment: given.reason,
    };
    await setApproval(tx, { planId: id, approval, runId: null });
    await setPlanState(deps, tx, {
      planId: id,
      from: "proposed",
      to: "rejected",
      reason: given.reason,
      actor: caller.actor,
    });
  });
  return await getPlan(deps.db, id);
}

/** The names of hosts, where somebody has chosen units in questions. */
async function listHostsForChoices(deps: ApproveDeps, row: PlanRow): Promise<string[]> {
  const { questions } = await getRequest(deps.db, row.request_id);
  return questions.some(isChoice) ? listHostNames(createWorld(await deps.catalogues.read(), [])) : [];
}

function isRepeat(row: PlanRow, hash: string): boolean {
  return row.state === "approved" && row.hash === hash;
}

function checkOpen(row: PlanRow, hash: string): void {
  if (row.state !== "proposed") throw closed(row);
  if (row.hash !== hash)
    throw new ChiffonError("hash-mismatch", "this plan is not the one that was shown: its hash differs", {
      hint: `read it again: chiffon plan show ${row.id.slice(0, 8)}`,
    });
}

/** The stops that were asked for, each once and in order. */
function toStopBefore(row: PlanRow, wanted: readonly number[] = []): number[] {
  const steps = [...new Set(wanted)].toSorted((a, b) => a - b);
  const { length } = row.document.steps;
  const outside = steps.find((step) => step >= length);
  if (outside === undefined) return steps;
  throw new ChiffonError("bad-input", `the plan has no step ${outside + 1} to stop before`, {
    hint: length > 1 ? `its steps are 1 to ${length}` : "it has one step: there is nothing to stop before",
  });
}

/** Of two approvals the first decides; the second must not believe that the run stops where it does not. */
async function refuseOtherStops(db: Database, row: PlanRow, wanted: readonly number[]): Promise<void> {
  if (row.run_id === null) return;
  const stops = await listStopsOfRun(db, row.run_id);
  if (stops.join() === wanted.join()) return;
  const how =
    stops.length === 0
      ? "without a stop"
      : `with a stop before step ${stops.map((step) => step + 1).join(", ")}`;
  throw new ChiffonError("conflict", `the plan was approved already, ${how}`, {
    hint: `its run is ${row.run_id.slice(0, 8)}`,
  });
}

function closed(row: PlanRow): ChiffonError {
  const why = row.reason === null ? "" : `: ${row.reason}`;
  const hint =
    row.state === "approved"
      ? `its run is ${row.run_id?.slice(0, 8) ?? "unknown"}`
      : "ask again to get a new plan: chiffon ask";
  const code = row.state === "stale" ? "plan-stale" : row.state === "expired" ? "plan-expired" : "conflict";
  return new ChiffonError(code, `the plan is ${row.state}${why}`, { hint });
}

async function refuseStale(deps: ApproveDeps, row: PlanRow): Promise<void> {
  const stale = await findStaleness(deps, row);
  if (stale === undefined) return;
  await deps.db
    .transaction()
    .execute((tx) =>
      setPlanState(deps, tx, { planId: row.id, from: "proposed", to: "stale", reason: stale }),
    );
  throw new ChiffonError("plan-stale", `the plan is stale: ${stale}`, {
    hint: "nothing was run. Ask again to get a plan of how it is now: chiffon ask",
  });
}

function retryInRecord(retry: PlanRetry, { caller, at }: { caller: Caller; at: Date }): JsonObject {
  return { retry_of: retry.runId, one_click: isOneClick(retry, { actor: caller.actor, now: at }) };
}

async function beginRun(
  deps: ApproveDeps,
  tx: Tx,
  work: {
    row: PlanRow;
    caller: Caller;
    stopBefore: number[];
    comment: string | null;
    hosts: readonly string[];
  },
): Promise<void> {
  const { row, caller, stopBefore } = work;
  const at = deps.clock.now();
  const runId = deps.newId();
  const unsigned = {
    plan_id: row.id,
    plan_hash: row.hash,
    run_id: runId,
    approved_by: caller.actor.name,
    approved_at: at.toISOString(),
    expires_at: new Date(at.getTime() + deps.waits.approvalValid).toISOString(),
    stop_before: stopBefore,
  };
  const signed: SignedApproval = { ...unsigned, signature: deps.sign(approvalBytes(unsigned)) };
  const approval: Approval = {
    decision: "approved",
    by: caller.actor.name,
    at: at.toISOString(),
    comment: work.comment,
    expiresAt: signed.expires_at,
  };
  const priority = await insertRun(tx, { runId, row, signed, at });
  const queueAt = new Date(queueTime({ createdAt: at.getTime(), priority }, deps.waits.agePriority));
  await insertTasks(tx, { runId, row, stopBefore, queueAt, newId: deps.newId });
  failpoint("approve.run-inserted");
  await setApproval(tx, { planId: row.id, approval, runId });
  await recordAudit(tx, {
    at,
    kind: "plan.approved",
    actor: caller.actor,
    requestId: row.request_id,
    planId: row.id,
    runId,
    services: servicesOf(row),
    status: "approved",
    data: {
      plan_hash: row.hash,
      risk: row.risk,
      comment: work.comment,
      stop_before: stopBefore,
      expires_at: signed.expires_at,
      ...(row.document.retry === undefined ? {} : retryInRecord(row.document.retry, { caller, at })),
    },
  });
  await confirmChoices(deps, tx, { row, actor: caller.actor, hosts: work.hosts });
  await tellPlan(tx, { planId: row.id, state: "approved", at });
  await applyRunEvent(deps, tx, { runId, event: { type: "begun" } });
  failpoint("approve.before-commit");
}
