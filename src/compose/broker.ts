import { findForgery } from "../adapters/bus/authentic.ts";
import { createRabbitServer } from "../adapters/bus/rabbitmq/server.ts";
import { noteRefused } from "../engine/agents/connection.ts";
import { brokerChannel, findIdentity, listBrokerAgents } from "../engine/agents/identity-sql.ts";
import { revokedChannel } from "../engine/agents/sql.ts";
import { keepDeadMessage } from "../engine/bus/dead-letters.ts";
import type { CoreDeps } from "../engine/core-deps.ts";
import type { Envelope } from "../contracts/agent-protocol.ts";
import type { Transport, Verdict } from "../ports/bus.ts";

interface Deps {
  readonly core: CoreDeps;
  /** `amqps://user:password@host/vhost`. */
  readonly url: string;
  readonly caFile?: string | undefined;
  readonly listen: (channel: string, handler: (payload: string) => void) => Promise<AsyncDisposable>;
  readonly onError: (error: unknown) => void;
}

/**
 * The server's side of RabbitMQ: the queues of the agents that said that they use it, and the letters that nobody could take.
 * Whoever says something in an agent's name has to have its broker user, and where it matters its key.
 */
export async function openBroker(deps: Deps): Promise<Transport & AsyncDisposable> {
  const { core, listen, onError } = deps;
  await using stack = new AsyncDisposableStack();
  const rabbit = stack.use(createRabbitServer({ url: deps.url, caFile: deps.caFile, onError }));
  const follow = async (agentId: string): Promise<void> => {
    const wanted = (await listBrokerAgents(core.db)).includes(agentId);
    if (wanted) rabbit.declareAgent(agentId);
    // What is in its queues is told again in another way: orders by their lease, the rest with each sign of life.
    else await rabbit.removeAgent(agentId);
  };
  const onWord = (agentId: string): void => void follow(agentId).catch(onError);
  stack.use(await listen(brokerChannel, onWord));
  stack.use(await listen(revokedChannel, onWord));
  for (const agentId of await listBrokerAgents(core.db)) rabbit.declareAgent(agentId);
  stack.use(rabbit.consumeDead((message) => keepDeadMessage(core, message)));
  const kept = stack.move();
  return {
    reaches: rabbit.reaches,
    reachable: rabbit.reachable,
    deliver: rabbit.deliver,
    consume: (queue, options, handler) =>
      rabbit.consume(queue, options, (envelope) => verified(core, { queue, envelope, handler })),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function verified(
  core: CoreDeps,
  given: { queue: string; envelope: Envelope; handler: (envelope: Envelope) => Promise<Verdict> },
): Promise<Verdict> {
  const { queue, envelope, handler } = given;
  const agent = await findIdentity(core.db, envelope.from_agent);
  if (agent === undefined || agent.revokedAt !== null) return "dead";
  const why = findForgery(queue, envelope, agent);
  if (why === undefined) return await handler(envelope);
  await noteRefused(core, agent.id, { address: "RabbitMQ", why });
  return "dead";
}
