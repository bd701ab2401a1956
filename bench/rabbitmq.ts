import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { connect } from "amqplib";
import { createRabbitServer } from "../src/adapters/bus/rabbitmq/server.ts";
import { startEmbeddedPostgres } from "../src/adapters/database/embedded/start.ts";
import { migrate } from "../src/adapters/database/migrate.ts";
import { openDatabase } from "../src/adapters/database/open.ts";
import { queues, type Envelope } from "../src/contracts/agent-protocol.ts";
import { startRelay } from "../src/engine/bus/relay.ts";
import { publish } from "../src/engine/bus/sql.ts";
import type { Database, Tables } from "../src/engine/schema.ts";
import { fromAgent } from "../src/engine/testing.ts";
import { startBroker, type Broker } from "../test/support/rabbitmq.ts";
import { createWorld } from "../test/support/server.ts";
import { median } from "./cpu.ts";
import type { Verdict } from "./verdict.ts";

const target = 0.2;
/** Agents, each with a queue of its own, as placement spreads its work. */
const agents = 20;
/** Messages that are under way at a time: as many as the relay takes. */
const inFlight = 200;
/** Makes a message as large as an order of a small step. */
const textLength = 1_000;

/**
 * Messages a second from a committed row in the outbox to a consumer's handler, over the relay, RabbitMQ with quorum queues and
 * confirms; against as many on the same queues and broker by the client that RabbitMQ brings (Erlang), in the same run. The database
 * is a durable one of its own.
 */
export async function benchRabbitmq(options: Map<string, string>): Promise<Verdict[]> {
  const messages = Number(options.get("--messages") ?? 5_000);
  const rounds = Number(options.get("--rounds") ?? 3);
  await using broker = await startBroker();
  await using world = await createWorld();
  await using postgres = await startEmbeddedPostgres({ dataDir: world.data });
  await using database = openDatabase<Tables>({ connection: postgres.connection });
  const migrations = path.join(import.meta.dirname, "../src/engine/migrations");
  await migrate({ db: database.db, folder: migrations });
  await using server = createRabbitServer({ url: broker.url(), onError: (error) => say(String(error)) });
  const ids = Array.from({ length: agents }, () => randomUUID());
  for (const id of ids) server.declareAgent(id);
  while (server.reachable().length < agents * 2) await pause(50);
  const work = ids.map((id) => queues.work(id));
  let sending = false;
  await using relay = startRelay({
    db: database.db,
    clock: { now: () => new Date() },
    transport: { ...server, reaches: (queue) => sending && server.reaches(queue) },
    onError: (error) => say(String(error)),
    resendAfter: 1_000,
  });

  const through: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const count = round === 0 ? 500 : messages;
    const peer = await measurePeer(broker, { work, count });
    const own = await measure(broker, {
      work,
      count,
      prepare: (all) => writeOutbox(database.db, all),
      async send() {
        sending = true;
        relay.nudge();
      },
    });
    sending = false;
    say(
      `round ${round}: ${own.toFixed(0)} messages/s through the outbox, ${peer.toFixed(0)} by the broker's own client`,
    );
    // The first one loads what the others find in memory.
    if (round === 0) continue;
    through.push(own);
    alone.push(peer);
  }
  const ratio = median(through) / median(alone);
  return [
    {
      name: "rabbitmq-outbox",
      figure: `${ratio.toFixed(2)} x the broker's own client (${median(through).toFixed(0)}/s)`,
      target: `>=${target} x`,
      met: ratio >= target,
    },
  ];
}

interface Measured {
  readonly work: readonly string[];
  readonly count: number;
  /** What is done before the clock starts. */
  readonly prepare?: (messages: readonly Sent[]) => Promise<void>;
  readonly send: (messages: readonly Sent[]) => Promise<void>;
}

interface Sent {
  readonly queue: string;
  readonly envelope: Envelope;
}

/** Messages a second until a consumer of all queues has taken the last one. */
async function measure(broker: Broker, { work, count, prepare, send }: Measured): Promise<number> {
  const messages = Array.from({ length: count }, (_each, at) => ({
    queue: work[at % work.length] ?? "",
    envelope: orderOf(textLength),
  }));
  const left = new Set(messages.map(({ envelope }) => envelope.message_id));
  const model = await connect(broker.url(), { noDelay: true });
  const channel = await model.createChannel();
  await channel.prefetch(inFlight);
  const done = Promise.withResolvers<void>();
  for (const queue of work)
    await channel.consume(queue, (message) => {
      if (message === null) return;
      left.delete(String(message.properties.messageId));
      channel.ack(message);
      if (left.size === 0) done.resolve();
    });
  await prepare?.(messages);
  const began = performance.now();
  await Promise.all([send(messages), done.promise]);
  const seconds = (performance.now() - began) / 1_000;
  await model.close();
  return count / seconds;
}

/** The same number of messages of the same size on the same queues, by the client that RabbitMQ brings: messages a second. */
async function measurePeer(
  broker: Broker,
  { work, count }: Pick<Measured, "work" | "count">,
): Promise<number> {
  const { port, username, password } = new URL(broker.url());
  const child = spawn("escript", [path.join(import.meta.dirname, "rabbitmq-client.escript")], {
    env: { PATH: process.env["PATH"], ERL_LIBS: await findErlangClient() },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const bytes = JSON.stringify(orderOf(textLength)).length;
  child.stdin.end(`${[port, username, password, count, inFlight, bytes, ...work].join(" ")}\n`);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error("the broker's own client failed");
  if (!/^\d+\n$/.test(said)) throw new Error(`the broker's own client said: ${said}`);
  return Number(said);
}

/** It lies among the plugins of the broker. */
async function findErlangClient(): Promise<string> {
  const folder = "/usr/lib/rabbitmq/lib";
  for (const name of await readdir(folder)) {
    const plugins = path.join(folder, name, "plugins");
    const found = await readdir(plugins).catch(() => []);
    if (found.some((each) => each.startsWith("amqp_client-"))) return plugins;
  }
  throw new Error("this benchmark needs the package rabbitmq-server of Debian");
}

/** One transaction for each message, as placement does it. */
async function writeOutbox(db: Database, messages: readonly Sent[]): Promise<void> {
  const left = messages.values();
  const writer = async (): Promise<void> => {
    for (const { queue, envelope } of left)
      await db.transaction().execute((tx) => publish(tx, queue, { envelope, at: new Date() }));
  };
  await Promise.all(Array.from({ length: 8 }, writer));
}

function orderOf(bytes: number): Envelope {
  const payload = { task_id: randomUUID(), attempt: 1, fence: 1, command: "cancel" as const };
  return fromAgent("server", { type: "control", payload: { ...payload, reason: "x".repeat(bytes) } });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
