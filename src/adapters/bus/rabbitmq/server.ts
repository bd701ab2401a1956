import type { ConsumeMessage, Options } from "amqplib";
import { z } from "zod";
import { queues } from "../../../contracts/agent-protocol.ts";
import type { DeadMessage, Transport, Verdict } from "../../../ports/bus.ts";
import { parseAddress, type BrokerAddress } from "./address.ts";
import { agentUser } from "../../../domain/broker-user.ts";
import { createConsumer } from "./consumer.ts";
import { createLink, type Session } from "./link.ts";
import { openEnvelope, packEnvelope } from "./open-envelope.ts";
import { createPublisher, type Publisher } from "./publisher.ts";
import {
  agentQueues,
  deadQueue,
  declareAgentQueues,
  declareTopology,
  routeDown,
  senderOf,
  upQueues,
} from "./topology.ts";

export interface RabbitOptions extends BrokerAddress {
  /** Called for what fails; a connection is made again, a message comes again or ends with the dead letters. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds for the broker to confirm a message. Default 10 s. */
  readonly answerWithin?: number | undefined;
  /** Milliseconds of "not now" after which a message gives way to those behind it. Default 5 s. */
  readonly giveWayAfter?: number | undefined;
  readonly random?: (() => number) | undefined;
}

/** The server's side of the broker. It declares everything; agents may declare nothing. */
export interface RabbitServer extends Transport, AsyncDisposable {
  /** Makes the queues of an agent, now or with the next connection; `reachable()` names them when they are there. */
  declareAgent(agentId: string): void;
  /** Removes them, with what is in them. Rejects while there is no connection. */
  removeAgent(agentId: string): Promise<void>;
  /** Hands over each dead message until the handler has taken it (`ack`); one that throws is asked again. */
  consumeDead(handler: (message: DeadMessage) => Promise<Verdict>): AsyncDisposable;
}

/** A message for which it is "not now" for so long, in milliseconds, goes to the dead letters. */
const oldest = 24 * 3_600_000;
/** Messages in hand for which it is "not now", at most: each may be large. */
const mostPutOff = 32;
/** When a message was put behind the others for the first time. */
const sinceHeader = "chiffon-since";

/** Connects by itself, and again. Two connections: a broker that is out of memory stops those that write, and acks must get through. */
export function createRabbitServer(options: RabbitOptions): RabbitServer {
  const connection = parseAddress(options);
  const { onError } = options;
  const writing = createLink({ ...options, connection });
  const reading = createLink({ ...options, connection });
  for (const link of [writing, reading]) link.attach((session) => onChannel(session, declareTopology));
  const publisher = createPublisher(writing, { answerWithin: options.answerWithin ?? 10_000 });
  const agents = new Map<string, Disposable>();
  const declared = new Set<string>();
  const consumers = new AsyncDisposableStack();
  return {
    reaches: (queue) => publisher.ready() && declared.has(routeDown(queue)?.routingKey ?? ""),
    reachable: () => (publisher.ready() ? [...declared].flatMap(agentQueues) : []),
    async deliver(queue, envelope) {
      const body = packEnvelope(envelope);
      if (body === undefined) return "dead";
      const route = routeDown(queue);
      if (route === undefined || !declared.has(route.routingKey)) return "retry";
      const properties = { ...standard, userId: connection.user, messageId: envelope.message_id };
      return await publisher.publish({ route, body, properties, urgent: envelope.type !== "work_request" });
    },
    consume(queue, { slots }, handler) {
      if (!upQueues.includes(queue)) throw new Error(`${queue} is no queue of the server`);
      const passing = queue === queues.heartbeat;
      const putBack = (message: ConsumeMessage) => putBehind(publisher, message, connection.user);
      const consumer = createConsumer(reading, {
        queue,
        slots,
        inHand: slots === 1 ? 1 : slots + Math.min(3 * slots, mostPutOff),
        onThrow: passing ? "dead" : "again",
        giveWayAfter: options.giveWayAfter ?? 5_000,
        putBack: slots === 1 ? undefined : putBack,
        onError,
        open(message) {
          const opened = openFromAgent(message, connection.user);
          const inTime = Date.now() - firstPutBack(message) < oldest;
          if ("envelope" in opened && inTime) return () => handler(opened.envelope);
          const why = "problem" in opened ? opened.problem : "nobody could take it for a day";
          onError(new Error(`a message in ${queue} was refused: ${why}`));
          return undefined;
        },
      });
      return consumers.use(consumer);
    },
    consumeDead(handler) {
      const consumer = createConsumer(reading, {
        queue: deadQueue,
        slots: 1,
        inHand: 1,
        giveWayAfter: Infinity,
        onThrow: "retry",
        onError,
        open: (message) => () => handler(describeDead(message, connection.user)),
      });
      return consumers.use(consumer);
    },
    declareAgent(agentId) {
      if (agents.has(agentId)) return;
      agentUser(agentId);
      const declare = async (session: Session) => {
        await onChannel(session, (channel) => declareAgentQueues(channel, agentId));
        declared.add(agentId);
        session.over.addEventListener("abort", () => declared.delete(agentId));
      };
      agents.set(agentId, writing.attach(declare));
    },
    async removeAgent(agentId) {
      const session = writing.session();
      if (session === undefined) throw new Error("there is no connection to RabbitMQ now");
      agents.get(agentId)?.[Symbol.dispose]();
      agents.delete(agentId);
      declared.delete(agentId);
      await onChannel(session, async (channel) => {
        for (const queue of agentQueues(agentId)) await channel.deleteQueue(queue);
      });
    },
    [Symbol.asyncDispose]: async () => {
      await consumers.disposeAsync();
      publisher[Symbol.dispose]();
      await Promise.all([writing[Symbol.asyncDispose](), reading[Symbol.asyncDispose]()]);
    },
  };
}

const standard = { persistent: true, contentType: "application/json" } satisfies Options.Publish;

async function onChannel(
  session: Session,
  work: (channel: Awaited<ReturnType<Session["channel"]>>) => Promise<void>,
): Promise<void> {
  const channel = await session.channel();
  await work(channel);
  await channel.close();
}

/** The broker lets an agent write with its own routing key only, and vouches for the user that a message names. */
function openFromAgent(message: ConsumeMessage, ownUser: string): ReturnType<typeof openEnvelope> {
  const sender = senderOf(message.fields.routingKey);
  const user: unknown = message.properties.userId;
  // Its own: what it has put behind the others.
  if (user !== `agent-${sender}` && user !== ownUser)
    return { problem: `it does not come from the broker's user agent-${sender}` };
  const opened = openEnvelope(message);
  if ("envelope" in opened && opened.envelope.from_agent !== sender)
    return { problem: `agent ${sender} has sent it in the name of ${opened.envelope.from_agent}` };
  return opened;
}

async function putBehind(publisher: Publisher, message: ConsumeMessage, ownUser: string): Promise<boolean> {
  const properties = {
    ...standard,
    userId: ownUser,
    messageId: String(message.properties.messageId),
    headers: { [sinceHeader]: firstPutBack(message) },
  };
  const { exchange, routingKey } = message.fields;
  const parcel = { route: { exchange, routingKey }, body: message.content, properties, urgent: false };
  return (await publisher.publish(parcel)) === "ack";
}

function firstPutBack(message: ConsumeMessage): number {
  const since: unknown = message.properties.headers?.[sinceHeader];
  return typeof since === "number" ? since : Date.now();
}

function describeDead(message: ConsumeMessage, ownUser: string): DeadMessage {
  const headers = message.properties.headers ?? {};
  // The newest one. A sender can put in what it likes, but not in front of what the broker writes, and not these two.
  const deaths: unknown = headers["x-death"];
  const parsed = z
    .object({ queue: z.string().max(300), reason: z.string().max(100) })
    .safeParse(Array.isArray(deaths) ? deaths[0] : undefined);
  const { queue, reason } = parsed.success ? parsed.data : { queue: "unknown", reason: "unknown" };
  const opened = upQueues.includes(queue) ? openFromAgent(message, ownUser) : openEnvelope(message);
  return {
    queue,
    reason,
    problem: "problem" in opened ? opened.problem : null,
    body: message.content.toString("utf8"),
  };
}
