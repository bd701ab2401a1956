import { isFromServer } from "../adapters/bus/authentic.ts";
import { joinTransports } from "../adapters/bus/joined.ts";
import { createRabbitAgent } from "../adapters/bus/rabbitmq/agent.ts";
import type { AgentTransport } from "../adapters/bus/websocket/agent-transport.ts";

interface Deps {
  readonly rabbit: { readonly url: string; readonly caFile: string | undefined };
  readonly agentId: string;
  /** Ed25519 public key of the server, raw, base64. */
  readonly serverKey: string;
  readonly onError: (error: unknown) => void;
}

/**
 * An agent whose messages go over RabbitMQ: files still come over its connection to the server, and messages too while the
 * broker cannot be reached. What the server did not sign is dead, whoever put it into the queue.
 */
export function throughBroker(deps: Deps, gateway: AgentTransport): AgentTransport {
  const { rabbit, agentId, serverKey, onError } = deps;
  const broker = createRabbitAgent({ ...rabbit, agentId, onError });
  const messages = joinTransports([
    {
      ...broker,
      consume: (queue, options, handler) =>
        broker.consume(queue, options, (envelope) =>
          isFromServer(envelope, { id: agentId, serverKey }) ? handler(envelope) : Promise.resolve("dead"),
        ),
    },
    gateway,
  ]);
  return {
    ...gateway,
    deliver: messages.deliver,
    consume: messages.consume,
    [Symbol.asyncDispose]: async () => {
      await broker[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
    },
  };
}
