import { startQueue, type HoldingTask } from "../../domain/queue/queue.ts";
import { applyRunEvent } from "../run/apply.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Tx } from "../schema.ts";
import { failpoint } from "../../ports/failpoint.ts";
import { findExecutor, listHolding, listReady, lockPlacement, type ReadyTask } from "./sql.ts";

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
    const agentFor = createChooser(tx, deps.attemptsPerAgent);
    if ((await agentFor({ here: false })) === undefined) return { placed: false, next: undefined };
    const holding = await listHolding(tx, new Date(now - deps.waits.orphanLimit));
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

type Chooser = (task: Pick<ReadyTask, "here">) => Promise<string | undefined>;

/** Asks once for each kind of task, and only when there is one. */
function createChooser(tx: Tx, most: number): Chooser {
  const found = new Map<boolean, Promise<string | undefined>>();
  return ({ here }) => {
    const known = found.get(here) ?? findExecutor(tx, { here, most });
    found.set(here, known);
    return known;
  };
}

async function findPlaceable(
  tx: Tx,
  world: { holding: readonly HoldingTask[]; now: number; agentFor: Chooser },
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
        const agentId = await agentFor(task);
        if (agentId !== undefined) return { found: { task, agentId }, next };
      }
    }
    if (page.length < limit) break;
    after = page.at(-1);
  }
  return { found: undefined, next };
}
