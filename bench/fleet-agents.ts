// The agents of `bench fleet`, all in one process of their own: each has its own keys and its own TLS connection, and says what a
// real one says, by the agent's own code. What they write is made here instead of by Ansible.
import { createHash, randomUUID, type Hash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { connectAgent } from "../src/adapters/bus/websocket/agent-transport.ts";
import type { ConnectionOptions } from "../src/adapters/database/connection.ts";
import { openDatabase } from "../src/adapters/database/open.ts";
import { createAgentKeys, type AgentKeys } from "../src/adapters/keys/agent-keys.ts";
import { startHeartbeat } from "../src/agent/heartbeat.ts";
import { createPace } from "../src/agent/pace.ts";
import { createServerLink, type ServerLink } from "../src/agent/server-link.ts";
import { queues, type Heartbeat } from "../src/contracts/agent-protocol.ts";
import { scaleWaits } from "../src/domain/waits.ts";
import type { Tables } from "../src/engine/schema.ts";
import type { Transport } from "../src/ports/bus.ts";
import { beginRuns, writeAgents, type Begun } from "./fleet-rows-sql.ts";

/** What `bench fleet` says to this process at its start. */
export interface FleetOptions {
  readonly connection: ConnectionOptions;
  readonly url: string;
  /** Public key of the server. */
  readonly serverKey: string;
  readonly agents: number;
  readonly runs: number;
}

/** And later: every run writes so many lines a second, for so long. */
export interface WriteLines {
  readonly lines: number;
  readonly seconds: number;
}

/** What a run has sent, and the server has taken. */
export interface Sent {
  readonly runId: string;
  readonly lines: number;
  /** UTF-16 units; all of it is ASCII. */
  readonly length: number;
  readonly sha256: string;
}

export type FromFleet =
  | { readonly type: "made" }
  | { readonly type: "connected"; readonly count: number }
  | { readonly type: "beats"; readonly took: number[]; readonly failed: number; readonly broken: number }
  /** Lines that the server has taken until now. */
  | { readonly type: "taken"; readonly lines: number }
  | { readonly type: "written"; readonly sent: Sent[]; readonly late: number[] };

interface FleetAgent {
  readonly id: string;
  readonly keys: AgentKeys;
  link: ServerLink;
}

/** Handshakes at a time; the server refuses more than 64. */
const atOnce = 32;
/** What a real agent reads of its file in one go. */
const chunkBytes = 65_536;
const waits = scaleWaits(1);
const clock = { now: () => new Date() };
const pace = createPace(clock);
const beats = { took: [] as number[], failed: 0, broken: 0 };
const running = new Map<string, Begun>();
const state = { taken: 0 };

const tell = (message: FromFleet): void => void process.send?.(message);

async function makeFleet(options: FleetOptions): Promise<void> {
  const agents = Array.from({ length: options.agents }, () => ({
    id: randomUUID(),
    keys: createAgentKeys(),
  }));
  await using database = openDatabase<Tables>({ connection: options.connection, poolSize: 4 });
  await writeAgents(database.db, agents);
  const every = Math.floor(options.agents / options.runs);
  const busy = agents.filter((_each, at) => at % every === 0).slice(0, options.runs);
  for (const begun of await beginRuns(database.db, busy)) running.set(begun.agentId, begun);
  tell({ type: "made" });
  const fleet = await connectAll(agents, options);
  process.on("message", (wish: WriteLines | "beats") => {
    if (wish !== "beats") return void writeAll(fleet, wish);
    tell({ type: "beats", ...beats, took: beats.took.splice(0) });
    beats.failed = 0;
    beats.broken = 0;
  });
}

async function connectAll(
  agents: readonly Pick<FleetAgent, "id" | "keys">[],
  options: FleetOptions,
): Promise<FleetAgent[]> {
  const left = agents.values();
  const fleet: FleetAgent[] = [];
  const connectSome = async (): Promise<void> => {
    for (const agent of left) {
      fleet.push({ ...agent, link: await connectOne(agent, options) });
      if (fleet.length % 500 === 0) tell({ type: "connected", count: fleet.length });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, connectSome));
  tell({ type: "connected", count: fleet.length });
  return fleet;
}

/** Resolves when it is connected; from then on it beats. */
async function connectOne(
  { id, keys }: Pick<FleetAgent, "id" | "keys">,
  { url, serverKey }: FleetOptions,
): Promise<ServerLink> {
  const connected = Promise.withResolvers<void>();
  const transport = connectAgent({
    url: new URL(url),
    serverKey,
    agentId: id,
    keys,
    instance: randomUUID(),
    pingEvery: waits.silence / 6,
    reconnectAfter: 1_000,
    random: Math.random,
    onState: ({ connected: isConnected, why }) => {
      if (isConnected) return connected.resolve();
      beats.broken += 1;
      if (beats.broken % 100 === 1)
        process.stderr.write(`${beats.broken} times an agent lost its connection: ${why}\n`);
    },
    onRefused: connected.reject,
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  await connected.promise;
  const link = createServerLink({
    transport: timed(transport),
    clock,
    newId: randomUUID,
    agentId: id,
    resendAfter: 200,
    sign: keys.sign,
  });
  const begun = running.get(id);
  void startHeartbeat({
    link,
    identity: identityOf(id),
    metrics: () => Promise.resolve(metrics),
    running: () => (begun === undefined ? [] : [begun.taskId]),
    every: waits.heartbeatEvery,
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  if (begun !== undefined) void renew(link, begun);
  return link;
}

/** As `agent/lease.ts` does it for a real order. */
async function renew(link: ServerLink, { taskId, fence }: Begun): Promise<void> {
  const payload = { task_id: taskId, attempt: 1, fence, expires_at: null };
  for (;;) {
    await delay(waits.renewEvery * (0.5 + Math.random()));
    await link.offer(queues.result, { type: "lease_renew", payload });
  }
}

/** Measures how long heartbeats take until they are acknowledged. */
function timed(transport: Transport): Transport {
  return {
    ...transport,
    async deliver(queue, envelope) {
      if (queue !== queues.heartbeat) return await transport.deliver(queue, envelope);
      const began = performance.now();
      const verdict = await transport.deliver(queue, envelope);
      beats.took.push(performance.now() - began);
      if (verdict !== "ack") beats.failed += 1;
      return verdict;
    },
  };
}

async function writeAll(fleet: readonly FleetAgent[], wish: WriteLines): Promise<void> {
  const telling = setInterval(() => tell({ type: "taken", lines: state.taken }), 1_000);
  const late: number[] = [];
  const sent = await Promise.all(
    fleet.flatMap(({ id, link }) => {
      const begun = running.get(id);
      return begun === undefined ? [] : [writeRun({ ...wish, link, begun, late })];
    }),
  );
  clearInterval(telling);
  tell({ type: "written", sent, late });
}

/** As `agent/stream-attempt.ts` does it while nobody watches: what was written since the last look, in pieces of at most 64 KiB. */
async function writeRun(
  work: WriteLines & { link: ServerLink; begun: Begun; late: number[] },
): Promise<Sent> {
  const { lines, seconds, link, begun, late } = work;
  const signal = new AbortController().signal;
  const key = { task_id: begun.taskId, attempt: 1, fence: begun.fence };
  const all = lines * seconds;
  const digest = createHash("sha256");
  const from = { line: 0, offset: 0 };
  // Not all of them at the same moment: runs begin when they begin.
  await delay(Math.random() * pace.activeMs());
  const began = performance.now();
  while (from.line < all) {
    await delay(pace.activeMs());
    const due = Math.min(all, Math.floor(((performance.now() - began) / 1_000) * lines));
    while (from.line < due) {
      const { text, count } = pieceOf(from.line, due, begun.number);
      const sentAt = performance.now();
      await link.send(
        queues.log,
        { type: "work_output", payload: { ...key, offset: from.offset, text } },
        signal,
      );
      take(digest, text);
      from.line += count;
      from.offset += text.length;
      state.taken += count;
      late.push(performance.now() - sentAt);
    }
  }
  return { runId: begun.runId, lines: from.line, length: from.offset, sha256: digest.digest("hex") };
}

const take = (digest: Hash, text: string): void => void digest.update(text, "utf8");

function pieceOf(from: number, to: number, run: number): { text: string; count: number } {
  let text = "";
  let line = from;
  for (; line < to && text.length < chunkBytes - 200; line += 1) text += lineOf(line, run);
  return { text, count: line - from };
}

const items = Array.from({ length: 997 }, (_, at) => createHash("sha1").update(String(at)).digest("hex"));

/** About a hundred characters, in the form that Ansible writes loops in. */
function lineOf(line: number, run: number): string {
  const item = items[(line * 31 + run * 7) % items.length] ?? "";
  return `changed: [host-${run}] => (item=/srv/app/releases/${item}/${line})  mode=0644 size=${(line * 7919) % 65_536}\n`;
}

function identityOf(
  id: string,
): Pick<Heartbeat, "agent_id" | "agent_type" | "name" | "capabilities" | "version"> {
  return {
    agent_id: id,
    agent_type: "infra",
    name: `box-${id.slice(0, 8)}`,
    capabilities: ["ansible"],
    version: "0.1.0",
  };
}

const metrics: Heartbeat["metrics"] = {
  cpu_load_1min: 0.52,
  cpu_load_5min: 0.41,
  cpu_load_15min: 0.35,
  cpu_cores_physical: 8,
  cpu_cores_available: 7,
  memory_total_gb: 31.2,
  memory_available_gb: 24.7,
  gpus: [],
  disk: { path: "/var/lib/chiffon", total_gb: 480.1, available_gb: 301.7 },
  os: "Debian GNU/Linux 12 (bookworm)",
};

process.once("disconnect", () => process.exit());
process.once("message", (options: FleetOptions) => void makeFleet(options));
