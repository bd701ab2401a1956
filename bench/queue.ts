import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { createLocalTransport } from "../src/adapters/bus/local.ts";
import type { ConnectionOptions } from "../src/adapters/database/connection.ts";
import { startEmbeddedPostgres } from "../src/adapters/database/embedded/start.ts";
import { migrate } from "../src/adapters/database/migrate.ts";
import { openDatabase } from "../src/adapters/database/open.ts";
import { createServerLink } from "../src/agent/server-link.ts";
import { startBackground } from "../src/compose/background.ts";
import { buildEngine } from "../src/compose/build-engine.ts";
import { queues, type Envelope, type WorkRequest } from "../src/contracts/agent-protocol.ts";
import { claimMessage } from "../src/engine/bus/sql.ts";
import type { CoreDeps } from "../src/engine/core-deps.ts";
import { placeNext } from "../src/engine/dispatch/place.ts";
import type { Database, Tables } from "../src/engine/schema.ts";
import { heartbeatOf } from "../src/engine/testing.ts";
import type { Transport } from "../src/ports/bus.ts";
import { createWorld } from "../test/support/server.ts";
import type { Verdict } from "./verdict.ts";
import type { Wanted } from "./queue-rows.ts";

const queued = 10_000;
/** Runs before the measurement: what is compiled and cached belongs to any server. */
const warmUp = 300;
const mebibyte = 1_048_576;

/**
 * The queue under load: 10,000 runs wait, an agent that does nothing takes one after the other. In this process runs what a
 * server is (engine, background, record in git, a durable database of its own), without HTTP; the runs are made by another one.
 */
export async function benchQueue(options: Map<string, string>): Promise<Verdict[]> {
  const wanted = Number(options.get("--placed") ?? 2_000);
  // How long a run takes: 0 drives the server as fast as it can, a real one takes a second or more.
  const each = Number(options.get("--each") ?? 0);
  await using server = await startQueueServer();
  const { db, connection, rounds } = server;
  await using agent = await startIdleAgent(server.transport);
  await makeRuns({ connection, runs: warmUp });
  await agent.work(db, { left: 0, each: 0 });
  rounds.length = 0;

  const before = process.memoryUsage.rss();
  let most = before;
  const sampling = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 100);
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  await agent.leave();
  await makeRuns({ connection, runs: queued });
  say(`${await countReady(db)} runs wait`);
  const began = Date.now();
  const over = new AbortController();
  const reference = measureCommits(db, over.signal);
  await agent.work(db, { left: queued - wanted, each });
  const seconds = (Date.now() - began) / 1_000;
  over.abort();
  loop.disable();
  clearInterval(sampling);
  say(`${(wanted / seconds).toFixed(0)} runs a second from placement to result, ${rounds.length} placed`);

  const p95 = percentile(rounds, 0.95);
  const growth = (most - before) / mebibyte;
  const stall = loop.percentile(99) / 1e6;
  say(
    `placement: p50 ${percentile(rounds, 0.5).toFixed(1)} ms, p99 ${percentile(rounds, 0.99).toFixed(1)} ms`,
  );
  const commits = await reference;
  say(
    `for comparison, a transaction that writes one row: p50 ${percentile(commits, 0.5).toFixed(1)} ms, p95 ${percentile(commits, 0.95).toFixed(1)} ms`,
  );
  say(`RSS ${(most / mebibyte).toFixed(0)} MB at most, ${(before / mebibyte).toFixed(0)} MB before`);
  return [
    { name: "queue-claim-p95", figure: `${p95.toFixed(1)} ms`, target: "<=10 ms", met: p95 <= 10 },
    { name: "queue-rss-growth", figure: `${growth.toFixed(0)} MB`, target: "<=50 MB", met: growth <= 50 },
    { name: "queue-event-loop-p99", figure: `${stall.toFixed(0)} ms`, target: "<100 ms", met: stall < 100 },
  ];
}

interface QueueServer extends AsyncDisposable {
  readonly db: Database;
  readonly connection: ConnectionOptions;
  readonly transport: Transport;
  /** How long each round took that placed a task, in milliseconds. */
  readonly rounds: number[];
}

async function startQueueServer(): Promise<QueueServer> {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld());
  const options = {
    dataDir: world.data,
    sharedDir: world.data,
    localAgents: true,
    host: "127.0.0.1",
    port: 0,
    repositories: [],
    searchPath: world.env["PATH"] ?? "",
    home: world.home,
    waitScale: 1,
    autoPreview: false,
    attemptsPerAgent: 4,
    keep: { days: 90, bytes: 20e9 },
    onProgress: say,
    log: { write: say },
    onFatal: say,
  };
  const onError = (error: unknown) => say(String(error));
  const { connection } = stack.use(await startEmbeddedPostgres({ dataDir: world.data }));
  const database = stack.use(openDatabase<Tables>({ connection }));
  await migrate({ db: database.db, folder: path.join(import.meta.dirname, "../src/engine/migrations") });
  const built = stack.use(
    await buildEngine({ options, database, clock: { now: () => new Date() }, onError }),
  );
  const transport = createLocalTransport();
  const rounds: number[] = [];
  const place = async (core: CoreDeps) => {
    for (;;) {
      const began = performance.now();
      const { placed, next } = await placeNext(core);
      if (!placed) return next;
      rounds.push(performance.now() - began);
    }
  };
  stack.use(
    await startBackground({
      ...built,
      autoPreview: false,
      keep: options.keep,
      transport,
      listen: database.listen,
      onError,
      place,
    }),
  );
  const kept = stack.move();
  return {
    db: database.db,
    connection,
    transport,
    rounds,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface IdleAgent extends AsyncDisposable {
  /** Comes online and ends whatever it is given, after `each` milliseconds, until only `left` runs wait. */
  work(db: Database, until: { left: number; each: number }): Promise<void>;
  leave(): Promise<void>;
}

/** Takes orders, and says that they are done as soon as it may begin. */
async function startIdleAgent(transport: Transport): Promise<IdleAgent> {
  const agentId = randomUUID();
  const clock = { now: () => new Date() };
  const link = createServerLink({ transport, clock, newId: randomUUID, agentId, resendAfter: 200 });
  const ended = new AbortController();
  let pause = 0;
  const given = new Map<string, WorkRequest>();
  const takeOrder = async (envelope: Envelope) => {
    if (envelope.type !== "work_request") return "dead";
    const { task_id, attempt, fence } = envelope.payload;
    given.set(task_id, envelope.payload);
    const payload = { task_id, attempt, fence, agent_id: agentId };
    void link.send(queues.result, { type: "work_accepted", payload }, ended.signal).catch(() => {});
    return "ack";
  };
  const takeWord = async (envelope: Envelope) => {
    const order = envelope.type === "lease_renew" ? given.get(envelope.payload.task_id) : undefined;
    if (order !== undefined) {
      given.delete(order.task_id);
      void delay(pause, undefined, { signal: ended.signal })
        .then(() => link.send(queues.result, resultOf(order), ended.signal))
        .catch(() => {});
    }
    return "ack" as const;
  };
  const consumers = [
    transport.consume(queues.work(agentId), { slots: 4 }, takeOrder),
    transport.consume(queues.control(agentId), { slots: 8 }, takeWord),
  ];
  const beat = async (leaving: boolean) =>
    void (await link.send(queues.heartbeat, heartbeatOf(agentId, { leaving }), ended.signal));
  return {
    async work(db, { left, each }) {
      pause = each;
      await beat(false);
      const beating = setInterval(() => void beat(false).catch(() => {}), 30_000);
      while ((await countReady(db)) > left) await delay(250);
      clearInterval(beating);
    },
    leave: () => beat(true),
    async [Symbol.asyncDispose]() {
      ended.abort();
      await Promise.all(consumers.map((consumer) => consumer[Symbol.asyncDispose]()));
    },
  };
}

function resultOf({ task_id, attempt, fence }: WorkRequest) {
  const resources_used = { cpu_time_ms: 0, wall_ms: 0, memory_peak_mb: 0, gpu_vram_mb: null, bytes_out: 0 };
  const counts = { exit_code: 0, error: null, recap: null, output_length: 0, progress_count: 0 };
  const payload = { task_id, attempt, fence, outcome: "succeeded" as const, ...counts, resources_used };
  return { type: "work_result" as const, payload };
}

async function makeRuns(wanted: Wanted): Promise<void> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "queue-rows.ts")], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  child.stdin.end(JSON.stringify(wanted));
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error("the runs could not be made");
}

/** What the machine and its database need for the least that is durable, at the same time: a placement is some fifteen queries more. */
async function measureCommits(db: Database, signal: AbortSignal): Promise<number[]> {
  const took: number[] = [];
  while (!signal.aborted) {
    const began = performance.now();
    await db.transaction().execute((tx) => claimMessage(tx, randomUUID(), new Date()));
    took.push(performance.now() - began);
    await delay(200);
  }
  return took;
}

async function countReady(db: Database): Promise<number> {
  const row = await db
    .selectFrom("task")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("state", "=", "ready")
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function say(text: string): void {
  process.stderr.write(`${text.trimEnd()}\n`);
}
