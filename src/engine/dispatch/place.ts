import { chooseExecutor, startQueue, type Executor } from "../../domain/queue/queue.ts";
import { applyRunEvent } from "../run/apply.ts";
import { nextFence } from "../run/sql.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Tx } from "../schema.ts";
import { listExecutors, listHolding, listReady, lockPlacement, type ReadyTask } from "./sql.ts";

const pageSize = 100;
/** Waiting tasks that one look goes through at most; more come into view as soon as some of these are placed. */
const mostLookedAt = 2_000;

/**
 * Gives ready tasks to agents as long as there are both. Returns when to look again (the nearest back-off), in milliseconds
 * since 1970, or undefined when only an event can change something.
 */
export async function placeReadyTasks(deps: CoreDeps): Promise<number | undefined> {
  for (;;) {
    const round = await placeNext(deps);
    if (!round.placed) return round.next;
  }
}

/** One task in a transaction of its own: whoever changes two runs at once never waits for it crosswise. */
export async function placeNext(deps: CoreDeps): Promise<{ placed: boolean; next: number | undefined }> {
  return await deps.db.transaction().execute(async (tx) => {
    await lockPlacement(tx);
    const agent = chooseExecutor(await listExecutors(tx), deps.attemptsPerAgent);
    if (agent === undefined) return { placed: false, next: undefined };
    const { task, next } = await findPlaceable(deps, tx);
    if (task !== undefined) await place(deps, tx, { task, agent });
    return { placed: task !== undefined, next };
  });
}

async function findPlaceable(
  deps: CoreDeps,
  tx: Tx,
): Promise<{ task: ReadyTask | undefined; next: number | undefined }> {
  const now = deps.clock.now().getTime();
  const queue = startQueue(await listHolding(tx, new Date(now - deps.waits.orphanLimit)));
  let next: number | undefined;
  let after: ReadyTask | undefined;
  for (let looked = 0; looked < mostLookedAt; looked += pageSize) {
    const page = await listReady(tx, { after, taken: queue.taken(), limit: pageSize });
    for (const task of page) {
      const due = task.notBefore?.getTime() ?? 0;
      // It keeps nothing from others while it may not begin itself.
      if (due > now) next = Math.min(next ?? due, due);
      else if (queue.next(task) === undefined) return { task, next };
    }
    if (page.length < pageSize) break;
    after = page.at(-1);
  }
  return { task: undefined, next };
}

async function place(
  deps: CoreDeps,
  tx: Tx,
  { task, agent }: { task: ReadyTask; agent: Executor },
): Promise<void> {
  const fence = await nextFence(tx);
  const leaseUntil = deps.clock.now().getTime() + deps.waits.beginWithin;
  await applyRunEvent(deps, tx, {
    runId: task.runId,
    event: { type: "placed", taskId: task.id, agentId: agent.id, fence, leaseUntil },
  });
}
