import { applyRunEvent } from "../run/apply.ts";
import type { CoreDeps } from "../core-deps.ts";
import { setPlanState } from "../plan/state.ts";
import { listExpiredApprovals, listSilentAttempts } from "./overdue-sql.ts";

/** Looks for attempts whose lease ran out and approvals that led to no start in time. */
export async function settleOverdue(deps: CoreDeps): Promise<void> {
  const now = deps.clock.now().getTime();
  for (const each of await listSilentAttempts(deps.db, new Date(now))) {
    // The agent may have renewed while nobody listened: it gets the whole time again after our start.
    const limit = each.state === "running" ? deps.waits.silence : deps.waits.beginWithin;
    if (deps.listeningSince.getTime() + limit > now) continue;
    const wait = deps.waits.retryAfter[Math.min(each.number, deps.waits.retryAfter.length) - 1] ?? 0;
    const retryAt = now + wait * (0.75 + deps.random() / 2);
    await deps.db.transaction().execute((tx) =>
      applyRunEvent(deps, tx, {
        runId: each.run_id,
        event: { type: "silent", taskId: each.task_id, attempt: each.number, at: now, retryAt },
      }),
    );
  }
  await expireApprovals(deps, new Date(now - deps.waits.approvalValid));
}

async function expireApprovals(deps: CoreDeps, before: Date): Promise<void> {
  for (const { plan_id, run_id } of await listExpiredApprovals(deps.db, before))
    await deps.db.transaction().execute(async (tx) => {
      const applied = await applyRunEvent(deps, tx, { runId: run_id, event: { type: "approval-expired" } });
      if (!applied || applied.before === applied.after) return;
      await setPlanState(deps, tx, {
        planId: plan_id,
        from: "approved",
        to: "expired",
        reason: "the approval led to no start within 24 hours",
      });
    });
}
