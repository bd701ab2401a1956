import { Envelope } from "../../contracts/agent-protocol.ts";
import type { ConsumeOptions, Transport, Verdict } from "../../ports/bus.ts";

interface Consumer {
  readonly options: ConsumeOptions;
  readonly handler: (envelope: Envelope) => Promise<Verdict>;
  busy: number;
  readonly waiting: (() => void)[];
}

/**
 * The transport inside one process. It parses every envelope as the others do, so that what works here works on the wire, and
 * it keeps nothing: durable is the outbox on the server's side and the run directory on the agent's.
 */
export function createLocalTransport(): Transport {
  const consumers = new Map<string, Consumer>();
  return {
    async deliver(queue, envelope) {
      const consumer = consumers.get(queue);
      if (!consumer) return "retry";
      const parsed = Envelope.safeParse(structuredClone(envelope));
      if (!parsed.success) return "dead";
      await takeSlot(consumer);
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
      const consumer: Consumer = { options, handler, busy: 0, waiting: [] };
      consumers.set(queue, consumer);
      return {
        [Symbol.asyncDispose]: async () => {
          consumers.delete(queue);
          while (consumer.busy > 0) await new Promise<void>((resolve) => consumer.waiting.push(resolve));
        },
      };
    },
  };
}

async function takeSlot(consumer: Consumer): Promise<void> {
  while (consumer.busy >= consumer.options.slots)
    await new Promise<void>((resolve) => consumer.waiting.push(resolve));
  consumer.busy += 1;
}

function releaseSlot(consumer: Consumer): void {
  consumer.busy -= 1;
  for (const wake of consumer.waiting.splice(0)) wake();
}
