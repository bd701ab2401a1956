import type { Transport } from "../../ports/bus.ts";
import { createConsumers } from "./consumers.ts";

/**
 * The transport inside one process. It parses every envelope as the others do, so that what works here works on the wire, and
 * it keeps nothing: durable is the outbox on the server's side and the run directory on the agent's.
 */
export function createLocalTransport(): Transport {
  const consumers = createConsumers();
  return {
    consume: consumers.consume,
    reaches: consumers.has,
    reachable: consumers.queues,
    deliver: (queue, envelope) => consumers.hand(queue, structuredClone(envelope)),
  };
}
