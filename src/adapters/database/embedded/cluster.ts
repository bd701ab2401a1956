import { spawn } from "node:child_process";
import { lstat, mkdir, chown, rename, rm, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { ChiffonError } from "../../../domain/errors.ts";
import type { Binaries } from "./binaries.ts";
import { syncFolder } from "./files.ts";
import type { Owner } from "./owner.ts";
import { removeLeftovers } from "./takeover.ts";

/** A new cluster needs about 40 MB, and room to write. */
const leastFreeBytes = 100 * 1024 * 1024;
export const superuser = "chiffon";

export interface ClusterOptions {
  readonly binaries: Binaries;
  readonly versionDir: string;
  readonly owner: Owner | undefined;
  readonly password: string;
  readonly signal?: AbortSignal | undefined;
  /** False only for test databases. */
  readonly durable?: boolean;
}

export async function hasCluster(versionDir: string): Promise<boolean> {
  return lstat(path.join(versionDir, "data")).then(
    () => true,
    () => false,
  );
}

/**
 * Makes `<versionDir>/data`. The work is done beside it and moved in place when it is complete: a first start that is
 * killed half way leaves nothing that a second one could take for a database.
 */
export async function createCluster(options: ClusterOptions): Promise<void> {
  const { versionDir, owner } = options;
  await removeLeftovers(versionDir);
  await requireSpace(versionDir);
  const fresh = path.join(versionDir, `data.init-${process.pid}`);
  const passwordFile = `${fresh}.password`;
  await mkdir(fresh, { mode: 0o700 });
  // initdb reads the password as the user it runs as; on the command line every user of the machine could read it.
  await writeFile(passwordFile, options.password, { mode: 0o600, flag: "wx" });
  if (owner) {
    await chown(fresh, owner.uid, owner.gid);
    await chown(passwordFile, owner.uid, owner.gid);
  }
  try {
    await runInitdb(options, fresh, passwordFile);
  } catch (error) {
    await removeLeftovers(versionDir).catch(() => undefined);
    throw error;
  }
  await rm(passwordFile);
  await rename(fresh, path.join(versionDir, "data"));
  await syncFolder(versionDir);
}

async function requireSpace(dir: string): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(dir);
  // Some network file systems tell nothing: all zeros.
  if (blocks > 0 && bavail * bsize < leastFreeBytes) throw diskFull(dir);
}

export function diskFull(dir: string): ChiffonError {
  return new ChiffonError("disk-full", `The disk that holds ${dir} has no room for the database.`, {
    hint: "Free some space (at least 1 GB is sensible) and start again; nothing that was stored is lost.",
  });
}

async function runInitdb(options: ClusterOptions, fresh: string, passwordFile: string): Promise<void> {
  const { binaries, owner } = options;
  // A locale of PostgreSQL's own: sorting then depends on no library of the machine, so data can move between machines.
  const locale =
    binaries.major >= 17
      ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
      : ["--locale=C.UTF-8", "--lc-messages=C"];
  const args = [
    "-D",
    fresh,
    "-U",
    superuser,
    "-A",
    "scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
  ];
  args.push(
    "--data-checksums",
    ...locale,
    ...(options.durable === false ? ["--no-sync", "--wal-segsize=1"] : []),
  );
  const child = spawn(path.join(binaries.bin, "initdb"), args, {
    ...owner,
    cwd: options.versionDir,
    env: binaries.env,
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.signal ? { signal: options.signal } : {}),
  });
  let text = "";
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString("utf8")).slice(-20_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once("error", (error) => {
      if (options.signal?.aborted) child.once("close", () => reject(error));
      else reject(error);
    });
    child.once("close", (status, killedBy) => resolve(status ?? killedBy ?? "?"));
  });
  options.signal?.throwIfAborted();
  if (code !== 0) throw initdbFailed(options, text, code);
}

function initdbFailed(options: ClusterOptions, text: string, code: number | string): ChiffonError {
  if (/No space left on device|Disk quota exceeded/i.test(text)) return diskFull(options.versionDir);
  if (/could not look up effective user ID/.test(text)) {
    return new ChiffonError(
      "missing-tool",
      "PostgreSQL needs a user with a name, and the current user has none.",
      {
        hint: "Add the user to /etc/passwd (in a container: run with a user that the image knows), or set CHIFFON_DATABASE_URL.",
      },
    );
  }
  const reason =
    text.split("\n").find((line) => /error|fatal|could not/i.test(line)) ?? `it ended with ${code}`;
  return new ChiffonError(
    "internal",
    `The database could not be made in ${options.versionDir}: ${reason.trim()}`,
    {
      hint: "Check that the folder's disk works and is writable, then start again.",
    },
  );
}

export interface SettingsOptions {
  readonly major: number;
  readonly runDir: string;
  readonly clientMinMessages?: string | undefined;
  /** False only for test databases: a crash of the machine may then lose everything. */
  readonly durable?: boolean;
}

/** The server's command line settings: durable, no network, little memory while nothing happens. */
export function listSettings(options: SettingsOptions): string[] {
  const durable = options.durable ?? true;
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: options.runDir.replaceAll(",", "\\,"),
    unix_socket_permissions: "0700",
    max_connections: "50",
    shared_buffers: "64MB",
    huge_pages: "off",
    fsync: durable ? "on" : "off",
    synchronous_commit: durable ? "on" : "off",
    full_page_writes: durable ? "on" : "off",
    wal_compression: "on",
    max_wal_size: "512MB",
    jit: "off",
    max_worker_processes: "4",
    max_parallel_workers_per_gather: "0",
    max_logical_replication_workers: "0",
    autovacuum_max_workers: "2",
    log_destination: "stderr",
    logging_collector: "off",
    log_timezone: "UTC",
    timezone: "UTC",
  };
  if (options.major >= 18) settings["io_method"] = "sync"; // no standing pool of reader processes
  if (options.clientMinMessages !== undefined) settings["client_min_messages"] = options.clientMinMessages;
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
