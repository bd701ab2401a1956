import type { Clock } from "../../ports/clock.ts";
import type { Transport, Verdict } from "../../ports/bus.ts";
import { startLoop, type Loop } from "../loop.ts";
import type { Database } from "../schema.ts";
import { bury, delay, removeSent, takeDue, type Waiting } from "./sql.ts";
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

/** Sends what the outbox holds, begun in order per queue, again and again until the receiver has taken it. */
export function startRelay(deps: RelayDeps): Loop {
  return startLoop(async () => ((await sendDue(deps)) === batch ? 0 : deps.resendAfter), deps.onError);
}

async function sendDue(deps: RelayDeps): Promise<number> {
  const reachable = deps.transport.reachable();
  if (reachable.length === 0) return 0;
  const now = deps.clock.now();
  const hiddenUntil = new Date(now.getTime() + deps.resendAfter * 10);
  const due = await takeDue(deps.db, { queues: reachable, now, hiddenUntil, limit: batch });
  if (due.length > 0) failpoint("relay.taken");
  const remove = createRemover(deps.db);
  // None waits for the one before it: a broker or a connection keeps their order, and takes many in the time of one.
  await Promise.all(
    due.map(async (message) => {
      const verdict = await deps.transport.deliver(message.queue, message.envelope);
      failpoint("relay.delivered");
      await settleMessage(deps, { message, verdict, remove });
      failpoint("relay.settled");
    }),
  );
  return due.length;
}

type Remove = (id: number) => Promise<void>;

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

/** What was taken while one statement runs shares the next: each waits for the disk. */
function createRemover(db: Database): Remove {
  let waiting: number[] = [];
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();
  const removeWaiting = (): Promise<void> => {
    const ids = waiting;
    waiting = [];
    next = undefined;
    return removeSent(db, ids);
  };
  return (id) => {
    waiting.push(id);
    return (next ??= last = last.then(removeWaiting, removeWaiting));
  };
}
