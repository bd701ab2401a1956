import path from "node:path";
import { ChiffonError } from "../../../domain/errors.ts";
import type { ConnectionOptions } from "../connection.ts";
import { lockDataDirectory } from "../data-lock.ts";
import { findBinaries } from "./binaries.ts";
import { createCluster, diskFull, hasCluster, superuser } from "./cluster.ts";
import { prepareLayout, preparePgDir, prepareRunDir, prepareVersionDir, removeRunDir } from "./layout.ts";
import { createPassword, findPassword, resetPassword } from "./password.ts";
import { launchServer } from "./server.ts";
import { takeOver } from "./takeover.ts";

/** A place that every user of the machine can reach, for what root must share with PostgreSQL's user. */
const usualSharedDir = "/var/lib/chiffon";

export interface EmbeddedOptions {
  /** Chiffon's data directory; the cluster lies in `pg/18/data` below it. Made when it is absent. */
  readonly dataDir: string;
  readonly clientMinMessages?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
  /** Called once when the server ends without having been asked to, with a sentence that says why. */
  readonly onExit?: (reason: string) => void;
  /** Where root puts what PostgreSQL's user must reach. Default /var/lib/chiffon. */
  readonly sharedDir?: string;
  /** Folder of the npm package with the programs. Default: the one that Node finds. */
  readonly packageDir?: string;
}

/** A PostgreSQL server of our own. Disposing it stops the server; connections should be closed before. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly connection: ConnectionOptions;
  readonly pid: number;
  /** Version of the server, for example "18.4". */
  readonly version: string;
}

/**
 * Starts the server of a data directory, making the cluster at the first call. Only one process can hold it; the server
 * ends with this process, however that ends. Throws ChiffonError: "already-running", "disk-full", "missing-tool",
 * "not-allowed" (the data belongs to another user), "database-unavailable" (it did not start).
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  await using undo = new AsyncDisposableStack();
  try {
    const started = await start(options, undo);
    const kept = undo.move();
    return { ...started, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") throw diskFull(options.dataDir);
    throw asChiffonError(error, options);
  }
}

async function start(
  options: EmbeddedOptions,
  undo: AsyncDisposableStack,
): Promise<Pick<EmbeddedPostgres, "connection" | "pid" | "version">> {
  const { signal, onProgress } = options;
  const sharedDir = options.sharedDir ?? usualSharedDir;
  const pgDir = await preparePgDir(options.dataDir);
  undo.use(await lockDataDirectory(pgDir));
  const layout = await prepareLayout(pgDir, sharedDir);
  // A copied data directory names the same cluster elsewhere; the second lock keeps the two apart.
  if (layout.home !== pgDir) undo.use(await lockDataDirectory(layout.home));
  const { owner, major } = layout;
  const linkDir = path.join(layout.home, "links");
  const { packageDir } = options;
  const binaries = await findBinaries({ owner, major, linkDir, sharedDir, packageDir, onProgress });
  const versionDir = await prepareVersionDir(layout, binaries.major);
  const data = path.join(versionDir, "data");
  let password = await findPassword(pgDir);
  if (await hasCluster(versionDir)) {
    if ((await takeOver(data)) === "stopped-orphan")
      onProgress?.("stopped a PostgreSQL that a killed Chiffon had left");
  } else {
    onProgress?.(`making a database with PostgreSQL ${binaries.version}`);
    password ??= await createPassword(pgDir);
    await createCluster({ binaries, versionDir, owner, password, signal });
  }
  password ??= await resetPassword({ pgDir, data, binaries, owner });
  const runDir = await prepareRunDir(layout, versionDir);
  undo.defer(() => removeRunDir(layout, runDir));
  const { clientMinMessages, onExit } = options;
  const server = await launchServer({
    binaries,
    data,
    runDir,
    owner,
    clientMinMessages,
    signal,
    onProgress,
    onExit,
  });
  undo.use(server);
  const connection = { host: runDir, port: 5432, user: superuser, password, database: "postgres" };
  return { connection, pid: server.pid, version: binaries.version };
}

function asChiffonError(error: unknown, options: EmbeddedOptions): unknown {
  if (ChiffonError.is(error) || options.signal?.aborted === true || !(error instanceof Error)) return error;
  return new ChiffonError("database-unavailable", `PostgreSQL could not be started: ${error.message}`, {
    hint: `Check that ${options.dataDir} is writable and start again.`,
    cause: error,
  });
}
