import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../src/adapters/database/embedded/start.ts";
import { openDatabase } from "../src/adapters/database/open.ts";
import { listAgents } from "../src/engine/agents/sql.ts";
import { findExecutor, listHolding } from "../src/engine/dispatch/sql.ts";
import type { Database, Tables } from "../src/engine/schema.ts";
import { createWorld, startServer, type Server } from "../test/support/server.ts";
import { cpuOfTrees } from "./cpu.ts";
import type { FleetOptions, FromFleet, Sent, WriteLines } from "./fleet-agents.ts";
import { countFleet, countStored, readServerKey, storePlainly, type Stored } from "./fleet-stored-sql.ts";
import type { Verdict } from "./verdict.ts";

const monitor = fileURLToPath(new URL("loop-monitor.ts", import.meta.url));
/** Seconds in which the agents only beat: each does so once in thirty. */
const beating = 32;

/**
 * One `chiffon server` with its gateway by TLS and a durable PostgreSQL of its own; agents, all connected, each with a heartbeat
 * every 30 s; and runs on some of them, which write lines all at once. `--agents N --runs N --lines N --seconds N`: lines a second of
 * each run, for so many seconds. Agents are in one process, this one only looks.
 */
export async function benchFleet(options: Map<string, string>): Promise<Verdict[]> {
  const size = (name: string, usual: number): number => Number(options.get(`--${name}`) ?? usual);
  const agents = size("agents", 10_000);
  const runs = size("runs", 1_000);
  const wish = { lines: size("lines", 50), seconds: size("seconds", 60) };
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld());
  const postgres = stack.use(await startEmbeddedPostgres({ dataDir: path.join(world.dir, "database") }));
  const { connection } = postgres;
  const loopFile = path.join(world.dir, "loop.json");
  const server = stack.use(await startTlsServer(world, { postgres, loopFile }));
  const { db } = stack.use(openDatabase<Tables>({ connection, poolSize: 2 }));
  const fleet = stack.adopt(startFleet(), (each) => each.stop());
  const parts = { fleet, db, look: createLook({ server, postgres, db, loopFile }) };
  fleet.tell({ connection, url: server.url, serverKey: await readServerKey(db), agents, runs });
  await fleet.next("made");
  say(`${agents} agents and ${runs} runs are made`);
  await connectAll(parts, agents);
  const quiet = await beatOnly(parts);
  const { busy, sent, sustained } = await writeLines(parts, wish);
  const last = await readBeats(fleet);
  say(`  heartbeats: ${spread(last.took)}`);
  const beats = { failed: quiet.beats.failed + last.failed, broken: quiet.beats.broken + last.broken };
  say(
    `  all agents with their metrics, as GET /agents and /agents/available-capacity read them: ${spread(await measureList(db))}`,
  );
  const state = await countFleet(db);
  const stored = await countStored(db);
  const lines = runs * wish.lines;
  const bytes = sum(sent.map((each) => each.length)) / (lines * wish.seconds);
  const floor = await storePlainly(db, { runs, lines: wish.lines, bytes });
  say(
    `for comparison, one client that only inserts the same pieces, 40 at a time: ${floor.toFixed(0)} lines/s`,
  );
  return judge({
    agents,
    wanted: lines,
    sent,
    stored,
    state,
    beats,
    sustained,
    floor,
    capacity: { idle: quiet.idle, busy },
  });
}

interface Parts {
  readonly fleet: Fleet;
  readonly db: Database;
  readonly look: Look;
}

async function connectAll({ fleet, db, look }: Parts, agents: number): Promise<void> {
  const phase = look.begin();
  while ((await fleet.next("connected")).count < agents) say(await look.now());
  while ((await countFleet(db)).online < agents) await delay(500);
  say(`all are connected and online: ${await phase.end()}`);
}

async function beatOnly({ fleet, db, look }: Parts): Promise<{ idle: Asked; beats: Beats }> {
  // What was said while they connected does not count: a server that is busy sends some away, and they come again.
  await readBeats(fleet);
  const phase = look.begin();
  const idle = await measurePlacement(db, delay(beating * 1_000));
  say(`heartbeats alone: ${await phase.end()}`);
  sayAsked(idle);
  const beats = await readBeats(fleet);
  say(`  heartbeats: ${spread(beats.took)}`);
  return { idle, beats };
}

async function writeLines(
  { fleet, db, look }: Parts,
  wish: WriteLines,
): Promise<{ busy: Asked; sent: readonly Sent[]; sustained: number }> {
  const phase = look.begin();
  const began = performance.now();
  fleet.tell(wish);
  const written = fleet.next("written");
  const rate = measureRate(fleet, { from: 5, to: wish.seconds });
  const busy = await measurePlacement(db, written);
  const { sent, late } = await written;
  const took = (performance.now() - began) / 1_000;
  say(`output: all taken after ${took.toFixed(1)} s; ${await phase.end()}`);
  say(`  a line was stored ${spread(late)} after it was sent`);
  sayAsked(busy);
  return { busy, sent, sustained: await rate };
}

type Beats = Extract<FromFleet, { type: "beats" }>;

/** What came of the heartbeats since the last time. */
async function readBeats(fleet: Fleet): Promise<Beats> {
  fleet.tell("beats");
  return await fleet.next("beats");
}

interface Found {
  readonly agents: number;
  /** Lines a second. */
  readonly wanted: number;
  readonly sent: readonly Sent[];
  readonly stored: ReadonlyMap<string, Stored>;
  readonly state: Awaited<ReturnType<typeof countFleet>>;
  readonly beats: Pick<Beats, "failed" | "broken">;
  readonly sustained: number;
  readonly floor: number;
  readonly capacity: { readonly idle: Asked; readonly busy: Asked };
}

function judge(found: Found): Verdict[] {
  const { agents, wanted, sent, stored, state, beats, sustained, floor, capacity } = found;
  const wrong = sent.filter((each) => !isSame(each, stored.get(each.runId)));
  const lines = sum(sent.map((each) => each.lines));
  const held = sustained / wanted;
  const busy = percentile(capacity.busy.agent, 0.95);
  const idle = percentile(capacity.idle.agent, 0.95);
  return [
    {
      name: "fleet-agents",
      figure: `${state.online} online, ${beats.failed} heartbeats refused, ${beats.broken} connections lost`,
      target: `${agents} online, 0, 0`,
      met: state.online === agents && beats.failed === 0 && beats.broken === 0,
    },
    {
      name: "fleet-lines",
      figure: `${sustained.toFixed(0)} lines/s (${held.toFixed(2)} x, ${(sustained / floor).toFixed(2)} x plain inserts), ${sent.length - wrong.length} of ${sent.length} runs stored as sent (${lines} lines)`,
      target: `>=0.98 x ${wanted} lines/s, all`,
      met: wrong.length === 0 && held >= 0.98,
    },
    {
      name: "fleet-offline",
      figure: `${state.wentOffline} agents, ${state.lost} runs`,
      target: "0, 0",
      met: state.wentOffline === 0 && state.lost === 0,
    },
    {
      name: "fleet-capacity",
      figure: `p95 ${busy.toFixed(1)} ms (${idle.toFixed(1)} ms without output)`,
      target: "<=20 ms",
      met: busy <= 20,
    },
  ];
}

function isSame(sent: Sent, stored: Stored | undefined): boolean {
  return (
    stored !== undefined &&
    stored.gapless &&
    stored.lines === sent.lines &&
    stored.length === sent.length &&
    stored.sha256 === sent.sha256
  );
}

async function startTlsServer(
  world: Awaited<ReturnType<typeof createWorld>>,
  { postgres, loopFile }: { postgres: EmbeddedPostgres; loopFile: string },
): Promise<Server> {
  const { host, password, user, database, port } = postgres.connection;
  const url = `postgresql://${user}:${encodeURIComponent(password)}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  return await startServer(world, {
    command: "server",
    // Any other address than loopback gets TLS.
    args: ["--host", "0.0.0.0"],
    env: {
      CHIFFON_DATABASE_URL: url,
      CHIFFON_BENCH_LOOP: loopFile,
      NODE_OPTIONS: `--import=${monitor} ${process.env["CHIFFON_BENCH_NODE"] ?? ""}`,
    },
  });
}

interface Fleet {
  tell(message: FleetOptions | WriteLines | "beats"): void;
  next<T extends FromFleet["type"]>(type: T): Promise<Extract<FromFleet, { type: T }>>;
  stop(): Promise<void>;
}

function startFleet(): Fleet {
  const child: ChildProcess = fork(path.join(import.meta.dirname, "fleet-agents.ts"), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<string, { messages: FromFleet[]; wake: () => void }>();
  const boxOf = (type: string) => {
    const box = waiting.get(type) ?? { messages: [], wake: () => {} };
    waiting.set(type, box);
    return box;
  };
  child.on("message", (message: FromFleet) => {
    const box = boxOf(message.type);
    box.messages.push(message);
    box.wake();
  });
  const gone = once(child, "exit");
  let isStopping = false;
  const died = gone.then(() => {
    if (!isStopping) throw new Error("the process of the agents has ended");
  });
  died.catch(() => {});
  return {
    tell: (message) => void child.send(message),
    async next<T extends FromFleet["type"]>(type: T) {
      const box = boxOf(type);
      for (;;) {
        const message = box.messages.shift();
        if (message !== undefined) return message as Extract<FromFleet, { type: T }>;
        const woken = Promise.withResolvers<void>();
        box.wake = woken.resolve;
        await Promise.race([woken.promise, died]);
      }
    },
    async stop() {
      isStopping = true;
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Lines a second that the server has taken between two moments, in seconds after the beginning. */
async function measureRate(fleet: Fleet, { from, to }: { from: number; to: number }): Promise<number> {
  const taken: number[] = [];
  while (taken.length < to) {
    taken.push((await fleet.next("taken")).lines);
    if (taken.length % 10 === 0) say(`${taken.length} s: ${taken.at(-1)} lines taken`);
  }
  return ((taken[to - 1] ?? 0) - (taken[from - 1] ?? 0)) / (to - from);
}

/** Milliseconds of what a server asks before it places a task. */
interface Asked {
  /** Which agent has room: the least busy one of all. */
  readonly agent: number[];
  /** What has its hosts: all tasks that run. */
  readonly holding: number[];
}

/** Asks every 200 ms until that is over. */
async function measurePlacement(db: Database, until: Promise<unknown>): Promise<Asked> {
  const state = { isOver: false };
  const end = (): void => void (state.isOver = true);
  until.then(end, end);
  const asked: Asked = { agent: [], holding: [] };
  while (!state.isOver) {
    const began = performance.now();
    await findExecutor(db, { here: false, most: 4 });
    const between = performance.now();
    await listHolding(db, new Date());
    asked.agent.push(between - began);
    asked.holding.push(performance.now() - between);
    await delay(200);
  }
  return asked;
}

function sayAsked({ agent, holding }: Asked): void {
  say(`  placement's query for the agent: ${spread(agent)}`);
  say(`  placement's query for tasks that hold hosts: ${spread(holding)}`);
}

async function measureList(db: Database): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const began = performance.now();
    await listAgents(db);
    took.push(performance.now() - began);
  }
  return took;
}

interface Look {
  now(): Promise<string>;
  begin(): { end(): Promise<string> };
}

function createLook(parts: {
  server: Server;
  postgres: EmbeddedPostgres;
  db: Database;
  loopFile: string;
}): Look {
  const { server, postgres, db, loopFile } = parts;
  const { pid = 0 } = server.child;
  const memory = async (which: "VmRSS" | "VmHWM"): Promise<string> => {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return `${(Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1_024).toFixed(0)} MB`;
  };
  const cpu = () => ({ at: performance.now(), node: cpuOfTrees([pid]), sql: cpuOfTrees([postgres.pid]) });
  return {
    async now() {
      const { online, oldest } = await countFleet(db);
      return `${online} online, the longest silent one for ${oldest.toFixed(0)} s; the server has ${await memory("VmRSS")} of memory`;
    },
    begin() {
      const before = cpu();
      server.child.kill("SIGUSR2");
      return {
        async end() {
          const after = cpu();
          await delay(1_100);
          const loop = JSON.parse(await readFile(loopFile, "utf8")) as {
            p50: number;
            p99: number;
            max: number;
          };
          const seconds = (after.at - before.at) / 1_000;
          const share = (from: number, to: number): string =>
            `${(((to - from) / seconds) * 100).toFixed(0)} %`;
          const { oldest } = await countFleet(db);
          return [
            `${seconds.toFixed(0)} s`,
            `server ${share(before.node, after.node)} of a core and ${await memory("VmRSS")} (at most ${await memory("VmHWM")})`,
            `PostgreSQL ${share(before.sql, after.sql)} of a core`,
            `event loop p99 ${loop.p99.toFixed(0)} ms, longest ${loop.max.toFixed(0)} ms`,
            `the longest silent agent for ${oldest.toFixed(0)} s`,
          ].join(", ");
        },
      };
    },
  };
}

function spread(values: readonly number[]): string {
  const at = (share: number): string => `${percentile(values, share).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, at most ${at(1)} (${values.length})`;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
