import { queues } from "../../../contracts/agent-protocol.ts";
import type { Transport } from "../../../ports/bus.ts";
import { parseAddress } from "./address.ts";
import { createConsumer } from "./consumer.ts";
import { createLink } from "./link.ts";
import { openEnvelope, packEnvelope } from "./open-envelope.ts";
import { createPublisher } from "./publisher.ts";
import type { RabbitOptions } from "./server.ts";
import { agentQueues, routeUp, upQueues } from "./topology.ts";

export interface RabbitAgentOptions extends RabbitOptions {
  readonly agentId: string;
}

/** The agent's side of the broker, as a user that may read its own two queues and write in its own name. */
export function createRabbitAgent(options: RabbitAgentOptions): Transport & AsyncDisposable {
  const { agentId, onError } = options;
  const connection = parseAddress(options);
  const writing = createLink({ ...options, connection });
  const reading = createLink({ ...options, connection });
  const publisher = createPublisher(writing, { answerWithin: options.answerWithin ?? 10_000 });
  const consumers = new AsyncDisposableStack();
  return {
    reaches: (queue) => publisher.ready() && upQueues.includes(queue),
    reachable: () => (publisher.ready() ? upQueues : []),
    async deliver(queue, envelope) {
      const body = packEnvelope(envelope);
      if (body === undefined) return "dead";
      const route = routeUp(queue, agentId);
      if (route === undefined) return "retry";
      return await publisher.publish({
        route,
        body,
        urgent: queue !== queues.log,
        properties: {
          persistent: queue !== queues.heartbeat,
          contentType: "application/json",
          messageId: envelope.message_id,
          // The broker refuses any name but the own one.
          userId: connection.user,
        },
      });
    },
    consume(queue, { slots }, handler) {
      if (!agentQueues(agentId).includes(queue)) throw new Error(`${queue} is no queue of agent ${agentId}`);
      const consumer = createConsumer(reading, {
        queue,
        slots,
        inHand: slots,
        giveWayAfter: Infinity,
        onThrow: "again",
        onError,
        open(message) {
          const opened = openEnvelope(message);
          if ("envelope" in opened) return () => handler(opened.envelope);
          onError(new Error(`a message in ${queue} was refused: ${opened.problem}`));
          return undefined;
        },
      });
      return consumers.use(consumer);
    },
    [Symbol.asyncDispose]: async () => {
      await consumers.disposeAsync();
      publisher[Symbol.dispose]();
      await Promise.all([writing[Symbol.asyncDispose](), reading[Symbol.asyncDispose]()]);
    },
  };
}
