import { Envelope } from "../../contracts/agent-protocol.ts";
import type { ConsumeOptions, Transport, Verdict } from "../../ports/bus.ts";

interface Consumer {
  readonly options: ConsumeOptions;
  readonly handler: (envelope: Envelope) => Promise<Verdict>;
  busy: number;
  closed: boolean;
  /** Those that wait for a slot, the first one first. */
  readonly waiting: ((taken: boolean) => void)[];
  /** Called when the last handler of a closed consumer has ended. */
  onIdle: () => void;
}

/** The handlers of one side, by queue. */
export interface Consumers extends Pick<Transport, "consume"> {
  /** Hands over what came, once a slot is free. What is no envelope is `dead`, a handler that throws means `retry`. */
  hand(queue: string, message: unknown): Promise<Verdict>;
  has(queue: string): boolean;
  queues(): string[];
}

export function createConsumers(): Consumers {
  const consumers = new Map<string, Consumer>();
  return {
    has: (queue) => consumers.has(queue),
    queues: () => [...consumers.keys()],
    async hand(queue, message) {
      const consumer = consumers.get(queue);
      if (!consumer) return "retry";
      const parsed = Envelope.safeParse(message);
      if (!parsed.success) return "dead";
      if (!(await takeSlot(consumer))) return "retry";
      try {
        return await consumer.handler(parsed.data);
      } catch {
        return "retry";
      } finally {
        releaseSlot(consumer);
      }
    },
    consume(queue, options, handler) {
      if (consumers.has(queue)) throw new Error(`the queue ${queue} has a consumer already`);
      const consumer: Consumer = { options, handler, busy: 0, closed: false, waiting: [], onIdle: () => {} };
      consumers.set(queue, consumer);
      return {
        [Symbol.asyncDispose]: async () => {
          if (consumers.get(queue) === consumer) consumers.delete(queue);
          consumer.closed = true;
          for (const wake of consumer.waiting.splice(0)) wake(false);
          if (consumer.busy > 0) await new Promise<void>((resolve) => (consumer.onIdle = resolve));
        },
      };
    },
  };
}

/** False when the consumer was closed meanwhile: its handler must not be called any more. */
async function takeSlot(consumer: Consumer): Promise<boolean> {
  if (consumer.closed) return false;
  if (consumer.busy < consumer.options.slots) {
    consumer.busy += 1;
    return true;
  }
  // Whoever frees a slot hands it on, so that nobody overtakes.
  return await new Promise<boolean>((resolve) => consumer.waiting.push(resolve));
}

function releaseSlot(consumer: Consumer): void {
  const next = consumer.closed ? undefined : consumer.waiting.shift();
  if (next) return next(true);
  consumer.busy -= 1;
  if (consumer.closed && consumer.busy === 0) consumer.onIdle();
}
