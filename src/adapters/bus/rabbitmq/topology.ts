import type { Channel } from "amqplib";
import { queues } from "../../../contracts/agent-protocol.ts";
import { upward } from "../../../domain/broker-user.ts";

/** Where everything goes that no handler can take. */
export const deadQueue = "chf.dead";
const deadExchange = "chf.dlx";

/** Deliveries of a message whose handler fails each time; with one more it goes to the dead letters. */
export const deliveryLimit = 5;

const work = "chf.work";
const control = "chf.ctl";

/** Explicit in everything: what a broker takes as a default differs between its versions. */
const kept = {
  "x-queue-type": "quorum",
  "x-delivery-limit": deliveryLimit,
  "x-dead-letter-exchange": deadExchange,
  "x-dead-letter-strategy": "at-least-once",
  "x-overflow": "reject-publish",
};

const fromAgents: Record<string, Record<string, unknown>> = {
  // No agent may fill the broker's disk: what does not fit is refused, and stays with its sender.
  [queues.result]: { ...kept, "x-max-length-bytes": 1_000_000_000 },
  [queues.log]: { ...kept, "x-max-length-bytes": 2_000_000_000 },
  // Heartbeats are worth nothing when they are old, and nobody misses one: they are the only thing that may get lost.
  [queues.heartbeat]: {
    "x-queue-type": "classic",
    "x-max-length": 50_000,
    "x-overflow": "drop-head",
    "x-message-ttl": 60_000,
  },
};

/** The queues that agents write to. */
export const upQueues: readonly string[] = Object.keys(fromAgents);

/** The last word of its name is the last word of the routing key. */
function topicOf(queue: string): string {
  return queue.slice(queue.lastIndexOf(".") + 1);
}

export interface Route {
  readonly exchange: string;
  readonly routingKey: string;
}

/** How the server reaches a queue of an agent; undefined for any other one. */
export function routeDown(queue: string): Route | undefined {
  const exchange = [work, control].find((name) => queue.startsWith(`${name}.agent.`));
  return exchange === undefined
    ? undefined
    : { exchange, routingKey: queue.slice(`${exchange}.agent.`.length) };
}

/** How an agent reaches a queue of the server; undefined for any other one. */
export function routeUp(queue: string, agentId: string): Route | undefined {
  if (!upQueues.includes(queue)) return undefined;
  return { exchange: upward, routingKey: `${agentId}.${topicOf(queue)}` };
}

/** The agent that the broker has let write with this routing key. */
export function senderOf(routingKey: string): string {
  return routingKey.slice(0, routingKey.lastIndexOf("."));
}

/** Everything but the queues of agents. */
export async function declareTopology(channel: Channel): Promise<void> {
  for (const [exchange, type] of [
    [work, "direct"],
    [control, "direct"],
    [upward, "topic"],
    [deadExchange, "topic"],
  ] as const)
    await channel.assertExchange(exchange, type, { durable: true });
  await channel.assertQueue(deadQueue, {
    durable: true,
    // What lies here has nowhere else to go. Newer brokers drop after 20 deliveries where nothing is said.
    arguments: {
      "x-queue-type": "quorum",
      "x-delivery-limit": 1_000_000,
      "x-max-length-bytes": 1_000_000_000,
      "x-overflow": "reject-publish",
    },
  });
  await channel.bindQueue(deadQueue, deadExchange, "#");
  for (const [queue, options] of Object.entries(fromAgents)) {
    await channel.assertQueue(queue, { durable: true, arguments: options });
    await channel.bindQueue(queue, upward, `*.${topicOf(queue)}`);
  }
}

export function agentQueues(agentId: string): readonly string[] {
  return [queues.work(agentId), queues.control(agentId)];
}

export async function declareAgentQueues(channel: Channel, agentId: string): Promise<void> {
  for (const queue of agentQueues(agentId)) {
    const route = routeDown(queue);
    if (route === undefined) continue;
    await channel.assertQueue(queue, { durable: true, arguments: kept });
    await channel.bindQueue(queue, route.exchange, route.routingKey);
  }
}
