import { setTimeout as delay } from "node:timers/promises";
import type { Channel, ConsumeMessage } from "amqplib";
import type { Verdict } from "../../../ports/bus.ts";
import type { Link, Session } from "./link.ts";
import { createSlots, type Slots } from "./slots.ts";

export interface ConsumerOptions {
  readonly queue: string;
  /** Handlers that run at the same time. */
  readonly slots: number;
  /** Messages that are here at the same time; those whose handler says "not now" hold no slot. */
  readonly inHand: number;
  /** What a message asks for; undefined for one that nobody can ever handle. */
  readonly open: (message: ConsumeMessage) => (() => Promise<Verdict>) | undefined;
  /**
   * What a handler that throws means. `again`: the broker delivers it again and counts, so that its limit ends a message that
   * fails each time.
   */
  readonly onThrow: "again" | "retry" | "dead";
  /** Puts a message that could not be handled for a while behind the others; false when that did not succeed. */
  readonly putBack?: ((message: ConsumeMessage) => Promise<boolean>) | undefined;
  /** Milliseconds of "not now" after which that is done. */
  readonly giveWayAfter: number;
  readonly onError: (error: unknown) => void;
}

const firstWait = 50;
const longestWait = 5_000;
const closeWithin = 2_000;

/** One queue, consumed on a channel of its own, over all connections. */
export function createConsumer(link: Link, options: ConsumerOptions): AsyncDisposable {
  const { queue } = options;
  const slots = createSlots(options.slots);
  const closed = new AbortController();
  const running = new Set<Promise<void>>();
  let stop = async (): Promise<void> => {};
  let leave = async (): Promise<void> => {};
  const attached = link.attach(async (session) => {
    const channel = await session.channel();
    // An agent may declare nothing; this tells early what is missing.
    await channel.checkQueue(queue);
    await channel.prefetch(options.inHand);
    const over = AbortSignal.any([closed.signal, session.over]);
    const { consumerTag } = await channel.consume(queue, (message) => {
      if (message === null) return session.fail(new Error(`the queue ${queue} was deleted`));
      const delivery = { message, channel, over, slots, lost: session.over };
      const work = handle(delivery, options).finally(() => running.delete(work));
      running.add(work);
    });
    stop = () => answered(session, channel.cancel(consumerTag));
    leave = () => answered(session, channel.close());
    if (closed.signal.aborted) await leave();
  });
  const close = async (): Promise<void> => {
    attached[Symbol.dispose]();
    closed.abort();
    await Promise.all([stop(), slots.close()]);
    await Promise.all(running);
    // What is here and was not handled goes back to the queue.
    await leave();
  };
  let closing: Promise<void> | undefined;
  return { [Symbol.asyncDispose]: () => (closing ??= close()) };
}

interface Delivery {
  readonly message: ConsumeMessage;
  readonly channel: Channel;
  /** Nothing may begin any more: closed, or the connection is gone and the broker delivers it again. */
  readonly over: AbortSignal;
  readonly lost: AbortSignal;
  readonly slots: Slots;
}

async function handle(delivery: Delivery, options: ConsumerOptions): Promise<void> {
  const { message, over } = delivery;
  const work = options.open(message);
  if (work === undefined) return settle(delivery, "dead");
  const since = performance.now();
  for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
    const outcome = await runOnce(delivery, work, options);
    if (outcome === undefined) return;
    if (outcome !== "retry") return settle(delivery, outcome);
    await delay(wait, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return;
    if (performance.now() - since > options.giveWayAfter && (await options.putBack?.(message)))
      return settle(delivery, "ack");
  }
}

type Outcome = Verdict | "again";

/** Undefined: it was closed before. */
async function runOnce(
  { slots, over }: Delivery,
  work: () => Promise<Verdict>,
  options: ConsumerOptions,
): Promise<Outcome | undefined> {
  return await slots.run(async () => {
    if (over.aborted) return undefined;
    try {
      return await work();
    } catch (error) {
      options.onError(error);
      return options.onThrow;
    }
  });
}

function settle({ message, channel, lost }: Delivery, outcome: Exclude<Outcome, "retry">): void {
  if (lost.aborted) return;
  try {
    if (outcome === "ack") channel.ack(message);
    // Never nack: newer brokers do not count it.
    else channel.reject(message, outcome === "again");
  } catch {
    // The channel has just been closed; the broker delivers the message again.
  }
}

/** Waits for an answer of the broker, but not for ever: a connection that is over gives none. */
async function answered(session: Session, asked: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, session.over]);
  await Promise.race([asked.catch(() => {}), delay(closeWithin, undefined, { signal }).catch(() => {})]);
  enough.abort();
}
