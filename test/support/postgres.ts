import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { findBinaries } from "../../src/adapters/database/embedded/binaries.ts";
import { createCluster, superuser } from "../../src/adapters/database/embedded/cluster.ts";
import { findOwner, letThrough } from "../../src/adapters/database/embedded/owner.ts";
import { startWatchdog } from "../../src/adapters/database/embedded/watchdog.ts";
import { findStartTime } from "../../src/adapters/database/process-identity.ts";
import { findFreePort, waitUntil } from "./server.ts";

const password = "of-the-database";

/** A PostgreSQL server as one on another machine is: by TCP, with a password (SCRAM). It ends with this process. */
export interface PostgresServer extends AsyncDisposable {
  readonly url: string;
  /** At once, as after a power cut: connections are cut, and the next start mends what was under way. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  await using stack = new AsyncDisposableStack();
  const owner = await findOwner();
  const dir = await mkdtemp(path.join(tmpdir(), "chiffon-pg-server-"));
  stack.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  await letThrough(dir, owner);
  const sharedDir = path.join(dir, "shared");
  await mkdir(sharedDir);
  await chmod(sharedDir, 0o755);
  const linkDir = path.join(dir, "links");
  const binaries = await findBinaries({ owner, major: undefined, linkDir, sharedDir });
  const versionDir = path.join(dir, "cluster");
  await mkdir(versionDir);
  await letThrough(versionDir, owner);
  await createCluster({ binaries, versionDir, owner, password, durable: false });
  const port = await findFreePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    max_connections: "100",
    fsync: "off",
  };
  const data = path.join(versionDir, "data");
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const url = `postgresql://${superuser}:${password}@127.0.0.1:${port}/postgres`;
  const start = async (): Promise<Launched> => {
    const launched = launch({
      file: path.join(binaries.bin, "postgres"),
      args: ["-D", data, ...args],
      data,
      owner,
      env: binaries.env,
    });
    try {
      await waitUntil(() => isThere(url, launched));
    } catch (error) {
      await launched.stop();
      throw error;
    }
    return launched;
  };
  let running: Launched | undefined = await start();
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };
  stack.defer(stop);
  const kept = stack.move();
  return {
    url,
    stop,
    start: async () => void (running ??= await start()),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface Launched {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

function launch(given: {
  file: string;
  args: readonly string[];
  data: string;
  owner: Awaited<ReturnType<typeof findOwner>>;
  env: Record<string, string>;
}): Launched {
  const { file, args, data, owner, env } = given;
  const child = spawn(file, args, { ...owner, cwd: data, env, stdio: "ignore", detached: true });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const { pid = 0 } = child;
  const guard = startWatchdog({ pid, startTime: findStartTime(pid) ?? "", owner, stopSignal: "QUIT" });
  return {
    child,
    async stop() {
      child.kill("SIGQUIT");
      await gone;
      guard[Symbol.dispose]();
    },
  };
}

async function isThere(url: string, { child }: Launched): Promise<true | undefined> {
  if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}`);
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  return await client.connect().then(
    () => client.end().then(() => true as const),
    () => undefined,
  );
}
