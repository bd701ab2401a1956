import { chooseExecutor, startQueue } from "../../domain/queue/queue.ts";
import { applyRunEvent } from "../run/apply.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Tx } from "../schema.ts";
import { failpoint } from "../../ports/failpoint.ts";
import { listReady, lockPlacement, readPlacement, type Placement, type ReadyTask } from "./sql.ts";

/** Nearly always one of the first can be placed. */
const pageSizes = [20, 200, 800, 800];

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
  const round = await deps.db.transaction().execute(async (tx) => {
    // A statement of its own: what it waited for is seen by the next.
    const fence = await lockPlacement(tx);
    failpoint("place.locked");
    const now = deps.clock.now().getTime();
    const { executors, holding } = await readPlacement(tx, new Date(now - deps.waits.orphanLimit));
    const agentFor = (task: Pick<ReadyTask, "here">) =>
      chooseExecutor(executors, deps.attemptsPerAgent, task)?.id;
    if (agentFor({ here: false }) === undefined) return { placed: false, next: undefined };
    const { found, next } = await findPlaceable(tx, { holding, now, agentFor });
    const leaseUntil = now + deps.waits.beginWithin;
    if (found !== undefined)
      await applyRunEvent(deps, tx, {
        runId: found.task.runId,
        event: { type: "placed", taskId: found.task.id, agentId: found.agentId, fence, leaseUntil },
      });
    failpoint("place.before-commit");
    return { placed: found !== undefined, next };
  });
  failpoint("place.committed");
  return round;
}

async function findPlaceable(
  tx: Tx,
  world: Pick<Placement, "holding"> & {
    now: number;
    agentFor: (task: ReadyTask) => string | undefined;
  },
): Promise<{ found: { task: ReadyTask; agentId: string } | undefined; next: number | undefined }> {
  const { holding, now, agentFor } = world;
  const queue = startQueue(holding);
  let next: number | undefined;
  let after: ReadyTask | undefined;
  // What waits behind all of these comes into view as soon as some of them are placed.
  for (const limit of pageSizes) {
    const page = await listReady(tx, { after, taken: queue.taken(), limit });
    for (const task of page) {
      const due = task.notBefore?.getTime() ?? 0;
      // It keeps nothing from others while it may not begin itself.
      if (due > now) next = Math.min(next ?? due, due);
      else if (queue.next(task) === undefined) {
        const agentId = agentFor(task);
        if (agentId !== undefined) return { found: { task, agentId }, next };
      }
    }
    if (page.length < limit) break;
    after = page.at(-1);
  }
  return { found: undefined, next };
}
