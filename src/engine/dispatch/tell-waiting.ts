import { explainWaits, saysTheSame } from "../../domain/queue/reasons.ts";
import { applyRunEvent } from "../run/apply.ts";
import type { CoreDeps } from "../core-deps.ts";
import { listExecutors, listHolding, listWaiting } from "./sql.ts";

/** Tasks that are looked at in one round; what waits behind them is told when it comes nearer. */
const mostLookedAt = 10_000;
/** Tasks that are told in one round, the first of the queue first. */
const mostTold = 40;

/**
 * Tells waiting tasks what they wait for and their place, where that differs from what they were told. Places change with
 * every task that ends, so this does a bounded piece of work; true when more is to be told.
 */
export async function tellWaiting(deps: CoreDeps): Promise<boolean> {
  const { db } = deps;
  const now = deps.clock.now().getTime();
  // Without those that wait for their next try: they say so.
  const waiting = await listWaiting(db, { now: new Date(now), limit: mostLookedAt });
  if (waiting.length === 0) return false;
  const holding = await listHolding(db, new Date(now - deps.waits.orphanLimit));
  const executors = await listExecutors(db);
  const news = explainWaits({ executors, holding, waiting, most: deps.attemptsPerAgent }).filter(
    ({ task, reason }) => !saysTheSame(task.reason, reason),
  );
  for (const { task, reason } of news.slice(0, mostTold))
    await db.transaction().execute((tx) =>
      applyRunEvent(deps, tx, {
        runId: task.runId,
        event: { type: "waiting", taskId: task.id, reason },
      }),
    );
  return news.length > mostTold;
}
