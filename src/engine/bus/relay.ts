import type { Clock } from "../../ports/clock.ts";
import type { Transport, Verdict } from "../../ports/bus.ts";
import { createBatcher } from "../batcher.ts";
import { startLoop, type Loop } from "../loop.ts";
import type { Database } from "../schema.ts";
import { bury, delay, listDueQueues, removeSent, takeDue, type Waiting } from "./sql.ts";
import { failpoint } from "../../ports/failpoint.ts";

export interface RelayDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly transport: Transport;
  /** Called for what keeps failing; the message stays and is sent again. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds until an unanswered message is sent again; also the longest time between two looks. */
  readonly resendAfter: number;
}

const batch = 200;
const maxTries = 1_000;
/** Messages without an answer beyond which none is sent. */
const mostUnderWay = 5 * batch;

/**
 * Sends what the outbox holds, begun in order per queue, again and again until the receiver has taken it. A receiver that does not
 * answer, because it is gone and nobody knows yet, holds up nothing but its own.
 */
export function startRelay(deps: RelayDeps): Loop {
  const underWay = new Set<number>();
  let isStopped = false;
  const onError = (error: unknown): void => {
    // What is still under way then fails with its connection; the next server sends it again.
    if (!isStopped) deps.onError(error);
  };
  // What was taken while one statement runs shares the next: each waits for the disk.
  const remove = createBatcher(
    async (ids: readonly number[]) => {
      await removeSent(deps.db, ids);
      return ids.map(() => undefined);
    },
    { every: 0, most: mostUnderWay },
  );
  const loop = startLoop(async () => {
    const { taken, settled } = await sendDue({ ...deps, onError, remove }, underWay);
    const isDone = await Promise.race([settled.then(() => true), pause(deps.resendAfter)]);
    return taken === batch && isDone === true ? 0 : deps.resendAfter;
  }, onError);
  return {
    nudge: loop.nudge,
    [Symbol.asyncDispose]: async () => {
      isStopped = true;
      await loop[Symbol.asyncDispose]();
    },
  };
}

function pause(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, false).unref());
}

async function sendDue(
  deps: RelayDeps & { readonly remove: Remove },
  underWay: Set<number>,
): Promise<{ taken: number; settled: Promise<unknown> }> {
  const nothing = { taken: 0, settled: Promise.resolve() };
  if (underWay.size >= mostUnderWay) return nothing;
  const now = deps.clock.now();
  // Few have something waiting, however many could be reached.
  const reachable = (await listDueQueues(deps.db, now)).filter((queue) => deps.transport.reaches(queue));
  if (reachable.length === 0) return nothing;
  const hiddenUntil = new Date(now.getTime() + deps.resendAfter * 10);
  const due = await takeDue(deps.db, { queues: reachable, now, hiddenUntil, limit: batch });
  if (due.length > 0) failpoint("relay.taken");
  // None waits for the one before it: a broker or a connection keeps their order, and takes many in the time of one.
  let isTold = false;
  const sent = due
    .filter(({ id }) => !underWay.has(id))
    .map(async (message) => {
      underWay.add(message.id);
      try {
        const verdict = await deps.transport.deliver(message.queue, message.envelope);
        failpoint("relay.delivered");
        await settleMessage(deps, { message, verdict, remove: deps.remove });
        failpoint("relay.settled");
      } catch (error) {
        // One of a batch: a database that is away fails all of them.
        if (!isTold) deps.onError(error);
        isTold = true;
      } finally {
        underWay.delete(message.id);
      }
    });
  return { taken: due.length, settled: Promise.all(sent) };
}

type Remove = (id: number) => Promise<undefined>;

async function settleMessage(
  deps: RelayDeps,
  { message, verdict, remove }: { message: Waiting; verdict: Verdict; remove: Remove },
): Promise<void> {
  switch (verdict) {
    case "ack":
      return remove(message.id);
    case "dead":
      return bury(deps.db, message.id, "the receiver can never handle this message");
    case "retry":
      if (message.tries >= maxTries) return bury(deps.db, message.id, `not taken after ${maxTries} tries`);
      return delay(deps.db, message.id, new Date(deps.clock.now().getTime() + deps.resendAfter));
  }
}
