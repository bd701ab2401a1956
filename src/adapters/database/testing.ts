import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import type { ConnectionOptions } from "./connection.ts";
import { findBinaries, type Binaries } from "./embedded/binaries.ts";
import { createCluster, hasCluster, superuser } from "./embedded/cluster.ts";
import { copyTree } from "./embedded/files.ts";
import { findOwner, letThrough, type Owner } from "./embedded/owner.ts";
import { launchServer } from "./embedded/server.ts";
import { migrate } from "./migrate.ts";
import { openDatabase } from "./open.ts";

/** Test databases hold nothing, and their socket's folder is closed to other users. */
const password = "test";

/** One server per process, started at the first use; it ends with the process, and its folder with it. */
let server: Promise<TestServer> | undefined;
const templates = new Map<string, Promise<string>>();
let counter = 0;

export interface TestDatabase extends AsyncDisposable {
  readonly connection: ConnectionOptions;
}

interface TestServer {
  readonly connection: ConnectionOptions;
  /** The only session on template1, which is why that can be copied: its commands run one after the other. */
  readonly run: (command: string) => Promise<void>;
}

/** A fresh, empty database for one test; with `migrations` (a folder) it has that schema. Disposing drops it. */
export async function createTestDatabase(options: { migrations?: string } = {}): Promise<TestDatabase> {
  server ??= startServer();
  const running = await server;
  const template =
    options.migrations === undefined ? "template1" : await getTemplate(running, options.migrations);
  const connection = await createDatabase(running, template);
  return {
    connection,
    async [Symbol.asyncDispose]() {
      await running.run(`DROP DATABASE IF EXISTS ${connection.database} WITH (FORCE)`);
    },
  };
}

async function createDatabase(running: TestServer, template: string): Promise<ConnectionOptions> {
  const database = `test_${++counter}`;
  await running.run(`CREATE DATABASE ${database} TEMPLATE ${template} STRATEGY file_copy`);
  return { ...running.connection, database };
}

function getTemplate(running: TestServer, folder: string): Promise<string> {
  const known = templates.get(folder);
  if (known) return known;
  const made = (async () => {
    const connection = await createDatabase(running, "template1");
    await using opened = openDatabase<unknown>({ connection, poolSize: 1 });
    await migrate({ db: opened.db, folder });
    return connection.database;
  })();
  templates.set(folder, made);
  return made;
}

async function startServer(): Promise<TestServer> {
  const owner = await findOwner();
  // A socket's address must be short, so not below the folder that TMPDIR names when that is long.
  const base = os.tmpdir().length > 60 ? "/tmp" : os.tmpdir();
  const dir = await mkdtemp(path.join(base, "chiffon-test-pg-"));
  const cleaner = startCleaner(dir);
  await letThrough(dir, owner);
  const sharedDir = path.join(dir, "shared");
  await mkdir(sharedDir);
  await chmod(sharedDir, 0o755);
  const binaries = await findBinaries({
    owner,
    major: undefined,
    linkDir: path.join(dir, "links"),
    sharedDir,
  });
  const data = path.join(dir, "data");
  await copyTree(await prepareMade({ binaries, owner, dir }), data, { keepOwner: owner !== undefined });
  const running = await launchServer({ binaries, data, runDir: data, owner, durable: false });
  cleaner.watch(running.pid);
  const connection = { host: data, port: 5432, user: superuser, password, database: "template1" };
  return { connection, run: await connectAdmin(connection) };
}

async function connectAdmin(connection: ConnectionOptions): Promise<(command: string) => Promise<void>> {
  const admin: pg.Client & { ref?: () => void; unref?: () => void } = new pg.Client(connection);
  admin.on("error", () => undefined);
  await admin.connect();
  let waiting = 0;
  admin.unref?.(); // the idle session alone must not keep a process alive
  return async (command) => {
    if (waiting++ === 0) admin.ref?.();
    try {
      await admin.query(command);
    } finally {
      if (--waiting === 0) admin.unref?.();
    }
  };
}

/** Making a cluster takes a second, copying one a fifth: it is made once and kept beside the installed packages. */
async function prepareMade(at: {
  binaries: Binaries;
  owner: Owner | undefined;
  dir: string;
}): Promise<string> {
  const { binaries, owner, dir } = at;
  const user = owner?.uid ?? process.getuid?.() ?? 0;
  const cache = path.resolve(import.meta.dirname, "../../../node_modules/.cache/chiffon-test-pg");
  const kept = path.join(cache, `${binaries.version}-${process.arch}-${user}`);
  if (await hasCluster(kept)) return path.join(kept, "data");
  const versionDir = path.join(dir, "made");
  await mkdir(versionDir);
  await letThrough(versionDir, owner);
  await createCluster({ binaries, versionDir, owner, password, durable: false });
  await shrink(path.join(versionDir, "data"), binaries, owner);
  try {
    await mkdir(cache, { recursive: true });
    const part = await mkdtemp(`${kept}.part-`);
    await copyTree(path.join(versionDir, "data"), path.join(part, "data"), {
      keepOwner: owner !== undefined,
    });
    await rename(part, kept).catch(() => rm(part, { recursive: true, force: true }));
    for (const name of await readdir(cache)) {
      if (!name.startsWith(binaries.version))
        await rm(path.join(cache, name), { recursive: true, force: true });
    }
  } catch {
    // A read-only installation: then each process makes its own.
  }
  return path.join(versionDir, "data");
}

/** Leaves one of the three databases that a new cluster has, which is two thirds less to copy. */
async function shrink(data: string, binaries: Binaries, owner: Owner | undefined): Promise<void> {
  await using running = await launchServer({ binaries, data, runDir: data, owner, durable: false });
  const admin = new pg.Client({ host: data, port: 5432, user: superuser, password, database: "template1" });
  admin.on("error", () => undefined);
  await admin.connect();
  await admin.query("UPDATE pg_database SET datistemplate = false WHERE datname = 'template0'");
  for (const name of ["template0", "postgres"]) await admin.query(`DROP DATABASE ${name}`);
  await admin.query("CHECKPOINT"); // stopping at once, as test servers do, writes nothing
  await admin.end();
  return running[Symbol.asyncDispose]();
}

/**
 * Outlives this process by moments: when we and the server, whose pid it reads, have ended, the folder goes. (A zombie
 * has ended.) The loop is for the server's children, which end a little later and may still write.
 */
function startCleaner(dir: string): { watch: (pid: number) => void } {
  const script = `
while read -r line; do pid=$line; done
runs() { stat=$(cat "/proc/$pid/stat" 2>/dev/null) && case "\${stat##*)}" in " Z"*) false ;; esac; }
[ -e /proc/self ] || runs() { kill -0 "$pid" 2>/dev/null; }
[ -z "$pid" ] || while runs; do sleep 0.02; done
for try in 1 2 3 4 5; do rm -rf -- "$1" 2>/dev/null && exit; sleep 0.1; done`;
  const child = spawn("/bin/sh", ["-c", script, "chiffon-test-cleaner", dir], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.unref();
  child.stdin.on("error", () => undefined);
  return { watch: (pid) => void child.stdin.write(`${pid}\n`) };
}
