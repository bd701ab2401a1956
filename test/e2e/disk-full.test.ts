import { spawn, type ChildProcess } from "node:child_process";
import { chmod, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plan } from "../../src/contracts/plan.ts";
import { approve, ended, plan, playbook, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
  findFreePort,
  listProcesses,
  signIn,
  signUp,
  waitUntil,
  type Api,
  type Ended,
  type Server,
  type World,
} from "../support/server.ts";
import { goneOf, mayMount, mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";

const main = path.join(import.meta.dirname, "../../src/main.ts");
const noTrace = /\n\s+at |node:internal|Error:/;
const fullDisk =
  /^chiffon: The disk that holds \S+ (is full|has no room for the database)\.\n +Free some space .*start again/;

let world: World;
let disk: SmallDisk;
let repository: string;
let server: DiskServer;
let api: Api;
/** Everything that was started here: ended with the tests, also when one fails. */
const children: ChildProcess[] = [];

const mark = (name: string) => path.join(world.dir, `${name}.mark`);
const marks = (name: string) => readFile(mark(name), "utf8").catch(() => "");

interface Starting {
  readonly child: ChildProcess;
  said(): string;
  /** Its end, with all that it said. */
  readonly gone: Promise<Ended>;
}

type DiskServer = Server & Starting;

/** `chiffon up` with its data on the small disk. */
async function up(name: string): Promise<Starting> {
  const port = String(await findFreePort());
  const [command = "", ...before] = disk.through;
  const flags = ["--port", port, "--data", path.join(disk.inside, name), "--repo", repository];
  const child = spawn(command, [...before, process.execPath, main, "up", ...flags], {
    cwd: world.dir,
    env: world.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.stderr += chunk));
  const gone = goneOf(child).then((code) => ({ ...said, code }));
  return { child, gone, said: () => said.stdout + said.stderr };
}

async function startOnDisk(): Promise<DiskServer> {
  const { child, said, gone } = await up("data");
  await waitUntil(() => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${said()}`);
    return said().includes("or listen there");
  }, 60_000);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null) child.kill(signal);
    await gone;
  };
  return {
    url: /ready after [\d.]+ s: (\S+)/.exec(said())?.[1] ?? "",
    setupCode: /set-up code: (\S+)/.exec(said())?.[1],
    child,
    gone,
    said,
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
}

/** A superuser's session on the database of the server on the small disk. */
async function connect(): Promise<pg.Client & AsyncDisposable> {
  const folder = path.join(disk.outside, "data/pg");
  const password = (await readFile(path.join(folder, "password"), "utf8")).trim();
  const host = path.join(folder, "18/run");
  const client = new pg.Client({ host, user: "chiffon", password, database: "postgres" });
  client.on("error", () => undefined); // the database is meant to end under it
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** Uses up the pages that the record's table has left, so that the next record needs room on the disk. */
const useUpPages = `INSERT INTO audit_record (id, body, at, kind, actor_kind, actor_name)
  SELECT gen_random_uuid(), '', now(), 'x', 'x', 'x' FROM generate_series(1, 100000)`;

/** Uses up the write-ahead log that was laid out in advance; without a next piece of it PostgreSQL gives up. */
async function useUpLog(db: pg.Client): Promise<void> {
  for (let megabytes = 0; megabytes < 500; megabytes += 1)
    await db.query("SELECT pg_logical_emit_message(false, 'ballast', repeat('x', 1000000))");
}

/** PostgreSQL may come back by itself once or twice, when its crash has made a little room. */
async function useUpLogUntilTheEnd(): Promise<void> {
  await waitUntil(async () => {
    if (server.child.exitCode !== null) return true;
    await disk.fill();
    const again = await connect().catch(() => undefined);
    if (again !== undefined) await useUpLog(again).catch(() => undefined);
    return false;
  });
}

async function endAll(): Promise<void> {
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
  const none = async () => (await listProcesses(world)).length === 0;
  await waitUntil(none, 15_000).catch(() => undefined);
}

beforeAll(async () => {
  if (!mayMount) return;
  world = await createWorld();
  await chmod(world.dir, 0o755); // PostgreSQL's user has to get to the disk
  disk = await mountSmallDisk(path.join(world.dir, "disk"), "200m");
  const leaveMark = (name: string) =>
    `    - name: Leave a mark\n      ansible.builtin.shell: echo ran >> ${mark(name)}\n      changed_when: true\n`;
  repository = await writeRepository(world, {
    "mill.yml": playbook("mill", leaveMark("mill")),
    "pump.yml": playbook("pump", leaveMark("pump")),
  });
});

afterAll(async () => {
  if (!mayMount) return;
  await disk.free();
  await endAll();
  const left = await listProcesses(world);
  await disk[Symbol.asyncDispose]();
  for (const line of left) process.kill(Number.parseInt(line, 10), "SIGKILL");
  await world[Symbol.asyncDispose]();
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
});

test.runIf(mayMount)(
  "a first start on a full disk says so and leaves neither a process nor a file",
  async () => {
    await disk.fill();
    const refused = await (await up("data")).gone;

    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(fullDisk);
    expect(refused.stderr).not.toMatch(noTrace);
    expect(await readdir(disk.outside, { recursive: true })).toEqual(["ballast", "data"]);
    expect(await listProcesses(world)).toEqual([]);
    await disk.free();
  },
);

test.runIf(mayMount)(
  "[P6] what cannot be recorded is not done: the approval is refused with what to do, and runs once when there is room",
  async () => {
    server = await startOnDisk();
    api = await signUp(server);
    const shown = await plan(api, "Deploy mill");
    await using db = await connect();
    await db.query("SELECT pg_switch_wal()");
    await db.query("CHECKPOINT"); // the first write lays the next piece out: the log has room, the tables have none
    await disk.fill();
    await expect(db.query(useUpPages)).rejects.toThrow(/No space left/);

    const said = await approve(api, shown).catch(String);
    expect(said).toMatch(/507 .*"detail":"The database's disk is full: .*"hint":"Free some space /);
    expect(said).not.toMatch(/\\n +at |node:internal/);
    await expect(plan(api, "Deploy pump")).rejects.toThrow(/507 .*disk-full/);
    expect(await api.get<Plan>(`/plans/${shown.id}`)).toMatchObject({ state: "proposed", runId: null });
    expect(await marks("mill")).toBe("");

    await disk.free();
    const run = await ended(api, await approve(api, shown));
    expect(run.state).toBe("succeeded");
    expect(await marks("mill")).toBe("ran\n");
  },
);

test.runIf(mayMount)(
  "a database that the full disk ends takes the server with it, in words; with room again nothing is lost",
  async () => {
    const shown = await plan(api, "Deploy pump");
    await disk.fill();
    const db = await connect();
    // Another session may be the first to find no room, and all of them end.
    await expect(useUpLog(db)).rejects.toThrow(/No space left|ECONNRESET|EPIPE|terminat/);
    await expect(approve(api, shown)).rejects.toThrow(/ 503 | 507 |fetch failed/);
    await useUpLogUntilTheEnd();
    const end = await server.gone;

    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/the database has ended: .*No space left on device/);
    expect(end.stderr).toMatch(fullDisk);
    expect(end.stdout + end.stderr).not.toMatch(noTrace);
    expect(await listProcesses(world)).toEqual([]);
    const again = await (await up("data")).gone;
    expect(again).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(fullDisk) });
    expect(await marks("pump")).toBe("");

    await disk.free();
    server = await startOnDisk();
    api = await signIn(server);
    expect(await api.get<Plan>(`/plans/${shown.id}`)).toEqual(shown);
    const run = await ended(api, await approve(api, shown));
    expect(run.state).toBe("succeeded");
    expect([await marks("mill"), await marks("pump")]).toEqual(["ran\n", "ran\n"]);
    await waitUntil(async () => {
      const verified = await api.post<{ ok: boolean; size: number; gitSize: number }>("/audit/verify");
      expect(verified.ok).toBe(true);
      return verified.gitSize === verified.size;
    });
    await server[Symbol.asyncDispose]();
    expect(await server.gone).toMatchObject({ code: 0, stderr: "" });
    expect(await listProcesses(world)).toEqual([]);
  },
);
