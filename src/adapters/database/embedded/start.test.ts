import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionOptions } from "../connection.ts";
import { openDatabase } from "../open.ts";
import { findStartTime, listProcessesIn } from "../process-identity.ts";
import { findOwner, letThrough } from "./owner.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./start.ts";

let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "chiffon-start-"));
  await letThrough(root, await findOwner());
});

afterAll(async () => {
  await rm(root, { recursive: true, maxRetries: 5 });
});

async function ask(connection: ConnectionOptions, text: string): Promise<unknown[]> {
  const client = new pg.Client(connection);
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query({ text, rowMode: "array" });
    return rows;
  } finally {
    await client.end();
  }
}

const startUrl = new URL("start.ts", import.meta.url).href;
/** Starts the server and prints its pid and socket; then stores rows and prints each number that is safe. */
const script = `
import pg from "pg";
const { startEmbeddedPostgres } = await import(${JSON.stringify(startUrl)});
const server = await startEmbeddedPostgres({ dataDir: process.argv[1] });
console.log(JSON.stringify({ pid: server.pid, ...server.connection }));
const client = new pg.Client(server.connection);
client.on("error", () => {});
await client.connect();
await client.query("CREATE TABLE IF NOT EXISTS acked (n int)");
for (let n = 0; ; n++) { await client.query("INSERT INTO acked VALUES ($1)", [n]); console.log("acked " + n); }`;

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly connection: ConnectionOptions;
  readonly lines: string[];
}

function spawnChiffon(dataDir: string): { child: ChildProcess; lines: string[] } {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, dataDir], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let rest = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString("utf8")).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  return { child, lines };
}

/** Another Chiffon process with a server, in the middle of storing rows. */
async function startChiffon(dataDir: string): Promise<Running> {
  const { child, lines } = spawnChiffon(dataDir);
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBeGreaterThan(5);
  const connection = JSON.parse(lines[0] ?? "") as ConnectionOptions & { pid: number };
  return { child, pid: connection.pid, connection, lines };
}

async function killNode(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Of a server whose other processes end, one may be gone before its turn comes. */
function killWhatIsLeft(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    expect(error).toMatchObject({ code: "ESRCH" });
  }
}

async function expectAcked(server: EmbeddedPostgres, running: Running): Promise<void> {
  const acked = running.lines.filter((line) => line.startsWith("acked ")).length;
  expect(acked).toBeGreaterThan(0);
  const [row] = await ask(server.connection, "SELECT count(*)::int, max(n) FROM acked");
  const [count, max] = row as [number, number];
  expect(count).toBeGreaterThanOrEqual(acked);
  expect(count).toBe(max + 1);
  await ask(server.connection, "DROP TABLE acked");
}

describe("one data directory", () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = path.join(root, "one");
    await mkdir(dataDir, { mode: 0o700 });
    await using server = await startEmbeddedPostgres({ dataDir });
    await ask(server.connection, "CREATE TABLE kept AS SELECT 42 AS n");
  });

  test("a second start finds the rows again, durable settings and no network", async () => {
    await using server = await startEmbeddedPostgres({ dataDir, clientMinMessages: "warning" });
    expect(await ask(server.connection, "SELECT n FROM kept")).toEqual([[42]]);
    expect(server.version).toMatch(/^\d+\.\d+/);
    const names = ["listen_addresses", "fsync", "synchronous_commit", "full_page_writes", "data_checksums"];
    const shown = await ask(
      server.connection,
      `SELECT ${names.map((name) => `current_setting('${name}')`).join(", ")}`,
    );
    expect(shown).toEqual([["", "on", "on", "on", "on"]]);
    expect(await ask(server.connection, "SHOW client_min_messages")).toEqual([["warning"]]);
    expect((await stat(server.connection.host)).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(dataDir, "pg", "password"))).mode & 0o777).toBe(0o600);
  });

  test("without the password, or with a wrong one, nobody gets in, and it is in no process's arguments", async () => {
    await using server = await startEmbeddedPostgres({ dataDir });
    const { connection } = server;
    expect(connection.password.length).toBeGreaterThanOrEqual(32);
    await expect(ask({ ...connection, password: "" }, "SELECT 1")).rejects.toThrow(/password/);
    await expect(ask({ ...connection, password: "guess" }, "SELECT 1")).rejects.toMatchObject({
      code: "28P01",
    });
    const hba = await ask(connection, "SELECT DISTINCT auth_method FROM pg_hba_file_rules");
    expect(hba).toEqual([["scram-sha-256"]]);
    if (process.platform === "linux") {
      expect(await readFile(`/proc/${server.pid}/cmdline`, "utf8")).not.toContain(connection.password);
    }
  });

  test("a second server on the same directory is refused while the first one runs on", async () => {
    await using server = await startEmbeddedPostgres({ dataDir });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: "already-running",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    expect(await ask(server.connection, "SELECT n FROM kept")).toEqual([[42]]);
  });

  test("after kill -9 of Node the server ends by itself, and every acknowledged row is there", async () => {
    const running = await startChiffon(dataDir);
    await killNode(running.child);
    await expect.poll(() => findStartTime(running.pid), { timeout: 10_000 }).toBeUndefined();
    await using server = await startEmbeddedPostgres({ dataDir });
    await expectAcked(server, running);
  });

  test("after kill -9 of Node and all of PostgreSQL at once the next start works, twice over", async () => {
    const data = path.join(dataDir, "pg", "18", "data");
    for (let round = 0; round < 2; round++) {
      const running = await startChiffon(dataDir);
      running.child.kill("SIGKILL");
      for (const pid of listProcessesIn(data, "postgres")) killWhatIsLeft(pid);
      await once(running.child, "exit");
      await using server = await startEmbeddedPostgres({ dataDir });
      await expectAcked(server, running);
    }
  });

  test("a server that outlived its Chiffon (its guard was killed too) is stopped by the next start", async () => {
    const running = await startChiffon(dataDir);
    const guards = await findGuards(running.pid);
    expect(guards).toHaveLength(1);
    for (const pid of guards) process.kill(pid, "SIGKILL");
    await killNode(running.child);
    expect(findStartTime(running.pid)).toBeDefined();
    const told: string[] = [];
    await using server = await startEmbeddedPostgres({ dataDir, onProgress: (text) => void told.push(text) });
    expect(told).toEqual(["stopped a PostgreSQL that a killed Chiffon had left"]);
    expect(findStartTime(running.pid)).toBeUndefined();
    await expectAcked(server, running);
  });

  test("a pid file that names a live process which is no PostgreSQL does not stop the start", async () => {
    const file = path.join(dataDir, "pg", "18", "data", "postmaster.pid");
    await writeFile(file, `${process.ppid}\n${path.dirname(file)}\n1700000000\n5432\n\n\n\n`);
    await using server = await startEmbeddedPostgres({ dataDir });
    expect(await ask(server.connection, "SELECT n FROM kept")).toEqual([[42]]);
  });

  test("an unexpected end of the server is told once, in a sentence; a wanted end is not told", async () => {
    const told: string[] = [];
    const server = await startEmbeddedPostgres({ dataDir, onExit: (reason) => void told.push(reason) });
    process.kill(server.pid, "SIGQUIT");
    await expect.poll(() => told.length).toBe(1);
    expect(told[0]).toMatch(/^PostgreSQL ended unexpectedly: /);
    expect(told[0]).not.toContain("\n");
    await server[Symbol.asyncDispose]();
    const second = await startEmbeddedPostgres({ dataDir, onExit: (reason) => void told.push(reason) });
    await second[Symbol.asyncDispose]();
    expect(findStartTime(second.pid)).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  test("after a stop no process, no socket and no lock is left, and the guard is gone", async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    const guards = await findGuards(server.pid);
    expect(guards).toHaveLength(1);
    await server[Symbol.asyncDispose]();
    expect(listProcessesIn(path.join(dataDir, "pg", "18", "data"), "postgres")).toEqual([]);
    await expect.poll(() => guards.filter((pid) => findStartTime(pid) !== undefined)).toEqual([]);
    expect((await readdir(path.join(dataDir, "pg"))).toSorted()).toEqual(["18", "password"]);
    expect(await readdir(path.join(dataDir, "pg", "18"))).toEqual(["data"]);
  });

  test("data of a version that no program here can read is named, with what to install", async () => {
    const file = path.join(dataDir, "pg", "18", "data", "PG_VERSION");
    await writeFile(file, "12\n");
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: "missing-tool",
      message: expect.stringContaining("PostgreSQL 12"),
      hint: expect.stringContaining("12"),
    });
    await writeFile(file, "18\n");
    await using server = await startEmbeddedPostgres({ dataDir });
    expect(await ask(server.connection, "SELECT n FROM kept")).toEqual([[42]]);
  });

  test("whoever listens hears again after the server was stopped and started, and is told to look again", async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await using opened = openDatabase<unknown>({ connection: first.connection });
    const heard: string[] = [];
    await using news = await opened.listen("news", (payload) => void heard.push(payload));
    await sql`SELECT pg_notify('news', 'before')`.execute(opened.db);
    await expect.poll(() => heard).toEqual(["before"]);
    await first[Symbol.asyncDispose]();
    await expect(sql`SELECT 1`.execute(opened.db)).rejects.toMatchObject({ code: "database-unavailable" });
    await using second = await startEmbeddedPostgres({ dataDir });
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["before", ""]);
    await sql`SELECT pg_notify('news', 'after')`.execute(opened.db);
    await expect.poll(() => heard).toEqual(["before", "", "after"]);
    expect([news, second]).toHaveLength(2);
  });

  test("a lost password file is made anew and the data stays", async () => {
    const password = path.join(dataDir, "pg", "password");
    const before = await readFile(password, "utf8");
    await rm(password);
    await using server = await startEmbeddedPostgres({ dataDir });
    expect(await ask(server.connection, "SELECT n FROM kept")).toEqual([[42]]);
    expect(await readFile(password, "utf8")).not.toBe(before);
  });

  test("moved to a path too long for a socket it works, and the socket's short folder goes with the server", async () => {
    const moved = path.join(root, "long".repeat(25));
    await rename(dataDir, moved);
    const server = await startEmbeddedPostgres({ dataDir: moved });
    const { host } = server.connection;
    expect(Buffer.byteLength(`${host}/.s.PGSQL.5432`)).toBeLessThan(100);
    expect((await stat(host)).mode & 0o777).toBe(0o700);
    expect(await ask(server.connection, "SELECT n FROM kept")).toEqual([[42]]);
    await server[Symbol.asyncDispose]();
    await expect(stat(host)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

test("a first start that is killed at any moment leaves nothing that stops the next one", async () => {
  const dataDir = path.join(root, "killed");
  for (const ms of [250, 500, 900]) {
    const { child } = spawnChiffon(dataDir);
    await sleep(ms); // a moment in the work, not a wait for something
    await killNode(child);
  }
  await using server = await startEmbeddedPostgres({ dataDir });
  expect(await ask(server.connection, "SELECT 1")).toEqual([[1]]);
  const names = await readdir(path.join(dataDir, "pg", "18"));
  expect(names.toSorted()).toEqual(["data", "run"]);
});

test("a start that is called off ends at once and leaves no process and nothing half made", async () => {
  const dataDir = path.join(root, "aborted");
  const versionDir = path.join(dataDir, "pg", "18");
  const controller = new AbortController();
  const started = startEmbeddedPostgres({ dataDir, signal: controller.signal }).catch(
    (error: unknown) => error,
  );
  await expect.poll(() => readdir(versionDir).catch((): string[] => []), { interval: 5 }).not.toEqual([]);
  controller.abort(new Error("changed my mind"));
  expect(await started).toMatchObject({ name: expect.stringMatching(/Error/) });
  expect(await readdir(versionDir)).toEqual([]);
});

/** Pids of the guards of a server, found by their arguments. */
async function findGuards(pid: number): Promise<number[]> {
  const ps = spawn("ps", ["-axo", "pid=,args="], { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  ps.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  await once(ps, "close");
  const wanted = new RegExp(`chiffon-watchdog ${pid} `);
  return text
    .replaceAll(/\n(?! *\d+ )/g, " ") // the script's own lines
    .split("\n")
    .filter((line) => wanted.test(line) && !line.includes(" -axo "))
    .map((line) => Number.parseInt(line, 10));
}
