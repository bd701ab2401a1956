import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmod, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
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

const main = path.join(import.meta.dirname, "../../src/main.ts");
const noTrace = /\n\s+at |node:internal|Error:/;
const asRoot = process.getuid?.() === 0;

/** A disk of 200 MB that only the processes started through `through` see; it goes away with the last of them. */
interface SmallDisk extends AsyncDisposable {
  /** Its folder as those processes see it. */
  readonly inside: string;
  /** The same folder for everybody else. */
  readonly outside: string;
  readonly through: readonly string[];
  /** Takes the last byte that is free. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

const unshare = asRoot
  ? ["unshare", "--mount"]
  : ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"];
const mayMount =
  spawnSync("/usr/bin/env", [...unshare, "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]).status === 0;

let world: World;
let disk: SmallDisk;
let repository: string;
let started: Server | undefined;
let api: Api;

const mark = (name: string) => path.join(world.dir, `${name}.mark`);
const marks = (name: string) => readFile(mark(name), "utf8").catch(() => "");

async function mountSmallDisk(inside: string): Promise<SmallDisk> {
  await mkdir(inside);
  const script = `mount -t tmpfs -o size=200m,mode=0755 tmpfs "$0" && echo mounted && exec cat`;
  // It waits on our pipe: when this process ends in whatever way, so does the keeper, and with it the mount.
  const keeper = spawn("/usr/bin/env", [...unshare, "sh", "-c", script, inside], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = goneOf(keeper);
  await new Promise<void>((resolve, reject) => {
    keeper.stdout.once("data", () => resolve());
    void gone.then(() => reject(new Error("no disk could be mounted")));
  });
  const outside = `/proc/${keeper.pid}/root${inside}`;
  const ballast = path.join(outside, "ballast");
  return {
    inside,
    outside,
    through: [
      "/usr/bin/nsenter",
      `--target=${keeper.pid}`,
      "--mount",
      ...(asRoot ? [] : ["--user", "--preserve-credentials"]),
      "--",
    ],
    fill: () => fillWith(ballast),
    free: () => rm(ballast, { force: true }),
    [Symbol.asyncDispose]: async () => {
      keeper.stdin.end();
      await gone;
    },
  };
}

async function fillWith(file: string): Promise<void> {
  const handle = await open(file, "a");
  const block = Buffer.alloc(1024 * 1024, 1);
  try {
    for (let size = block.length; size >= 4096; size /= 2)
      while (await written(handle.write(block, 0, size)));
  } finally {
    await handle.close();
  }
}

async function written(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
    throw error;
  }
}

function goneOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}

/** `chiffon up` on the small disk; what it said so far, and its end. */
async function up(data: string): Promise<{ child: ChildProcess; said: Ended & { code: null }; gone: Promise<Ended> }> {
  const port = await findFreePort();
  const [command = "", ...before] = disk.through;
  const args = [...before, process.execPath, main, "up", "--port", String(port), "--data", data];
  const child = spawn(command, [...args, "--repo", repository], {
    cwd: world.dir,
    env: world.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.stderr += chunk));
  const gone = goneOf(child).then((code) => ({ ...said, code }));
  return { child, said, gone };
}

async function startOnDisk(): Promise<Server & { gone: Promise<Ended> }> {
  const { child, said, gone } = await up(path.join(disk.inside, "data"));
  await waitUntil(() => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${said.stderr}`);
    return said.stdout.includes("or listen there");
  }, 30_000);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await gone;
  };
  const server = {
    url: /ready after [\d.]+ s: (\S+)/.exec(said.stdout)?.[1] ?? "",
    setupCode: /set-up code: (\S+)/.exec(said.stdout)?.[1],
    child,
    gone,
    said: () => said.stdout + said.stderr,
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
  started = server;
  return server;
}

/** A superuser's session on the database of the server on the small disk. */
async function connect(): Promise<pg.Client> {
  const folder = path.join(disk.outside, "data/pg");
  const password = (await readFile(path.join(folder, "password"), "utf8")).trim();
  const client = new pg.Client({ host: path.join(folder, "18/run"), user: "chiffon", password, database: "postgres" });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

beforeAll(async () => {
  if (!mayMount) return;
  world = await createWorld();
  await chmod(world.dir, 0o755); // PostgreSQL's user has to get to the disk
  disk = await mountSmallDisk(path.join(world.dir, "disk"));
  repository = await writeRepository(world, Object.fromEntries(["mill", "pump"].map((name) => [
    `${name}.yml`,
    playbook(name, `    - name: Leave a mark\n      ansible.builtin.shell: echo ran >> ${mark(name)}\n      changed_when: true\n`),
  ])));
});

afterAll(async () => {
  if (!mayMount) return;
  await disk.free();
  await started?.kill();
  await waitUntil(async () => (await listProcesses(world)).length <= 1);
  await disk[Symbol.asyncDispose]();
  const left = await listProcesses(world);
  const mounts = await readFile("/proc/mounts", "utf8");
  await world[Symbol.asyncDispose]();
  if (left.length > 0 || mounts.includes(world.dir)) throw new Error(`left behind: ${left.join(", ")}`);
});

test.runIf(mayMount)("EXPERIMENT", async () => {
  const t0 = Date.now();
  const log = (...a: unknown[]) => console.log(((Date.now() - t0) / 1000).toFixed(2), ...a);
  await disk.fill();
  const refused = await up(path.join(disk.inside, "data"));
  log("fresh on full", await refused.gone, await readdir(disk.outside, { recursive: true }));
  await disk.free();
  const server = await startOnDisk();
  log("started", server.url, await readdir(path.join(disk.outside,"data/pg")));
  api = await signUp(server);
  const first = await plan(api, "Deploy mill");
  const second = await plan(api, "Deploy pump");
  log("planned");
  const db = await connect();
  await db.query("SELECT pg_switch_wal()");
  await db.query("CHECKPOINT");
  await disk.fill();
  const fill = `INSERT INTO audit_record (id, body, at, kind, actor_kind, actor_name) SELECT gen_random_uuid(), '', now(), 'x', 'x', 'x' FROM generate_series(1, 20000)`;
  log("fill", await db.query(fill).then(() => "no error", (e: Error) => e.message));
  log("approve", await approve(api, first).catch((e: Error) => e.message));
  log("get", (await api.get<Plan>(`/plans/${first.id}`)).state, JSON.stringify(await marks("mill")));
  log("ask", await plan(api, "Deploy mill").catch((e: Error) => e.message));
  await disk.free();
  const run = await ended(api, await approve(api, first));
  log("run", run.state, await marks("mill"));
  await db.query("CHECKPOINT");
  await disk.fill();
  for (let i = 0; i < 200; i++) {
    const e = await db.query("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))").then(() => undefined, (e: Error) => e.message);
    if (e !== undefined) { log("emit", i, e); break; }
  }
  for (let i = 0; i < 5; i++)
    log("approve2", await approve(api, second).catch((e: Error) => `${e.message} ${String(e.cause)}`));
  log(await Promise.race([server.gone, new Promise((r) => setTimeout(r, 10000))]), server.said());
}, 120_000);
