import { randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { sql, type Kysely } from "kysely";
import { ChiffonError } from "../../domain/errors.ts";
import { diskFull } from "./embedded/cluster.ts";
import { copyTree, findText, syncFolder, writeWhole } from "./embedded/files.ts";
import { letThrough } from "./embedded/owner.ts";

const namePattern = /^hot-copy-\d{8}T\d{9}Z-[0-9a-f]{4}$/;
/** What PostgreSQL rebuilds at its next start; the folders themselves must exist. */
const emptied =
  /^(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\//;
const leftOut =
  /^(postmaster\.(pid|opts)|backup_label|tablespace_map)$|(^|\/)(pgsql_tmp[^/]*|pg_internal\.init[^/]*|\.s\.PGSQL[^/]*)$/;
/** Folders below pg_wal that must exist. */
const walFolder = /^pg_wal\/(archive_status|summaries)$/;

export interface HotCopyOptions<T> {
  readonly db: Kysely<T>;
  /** Chiffon's data directory, whose embedded cluster `db` is connected to. */
  readonly dataDir: string;
  /** Folder for the copies; made when it is absent. */
  readonly into: string;
  /** How many copies stay, this one included. Default 2. */
  readonly keep?: number;
}

/**
 * Copies the running cluster: everything committed before the end is in it. The result is a data directory for
 * startEmbeddedPostgres (`pg/` inside it replaces the `pg/` of a stopped Chiffon). Works only on the embedded server.
 * Throws "disk-full" and leaves nothing when there is no room.
 */
export async function makeHotCopy<T>(options: HotCopyOptions<T>): Promise<string> {
  const into = path.resolve(options.into);
  await mkdir(into, { recursive: true, mode: 0o700 });
  await removeParts(into);
  const stamp = new Date().toISOString().replaceAll(/[-:.]/g, "");
  const copy = path.join(into, `hot-copy-${stamp}-${randomBytes(2).toString("hex")}`);
  const part = `${copy}.part`;
  try {
    await fill(options, part);
    await rename(part, copy);
    await syncFolder(into);
  } catch (error) {
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") throw diskFull(into);
    throw error;
  }
  await removeOld(into, options.keep ?? 2);
  return copy;
}

async function fill<T>(options: HotCopyOptions<T>, part: string): Promise<void> {
  await options.db.connection().execute(async (connection) => {
    const data = await getDataFolder(connection, options.dataDir);
    const major = (await findText(path.join(data, "PG_VERSION"))) ?? "";
    const versionDir = path.join(part, "pg", major);
    await mkdir(versionDir, { recursive: true, mode: 0o700 });
    const target = path.join(versionDir, "data");
    const { uid, gid } = await stat(data);
    if (process.getuid?.() === 0) await letThrough(options.into, { uid, gid }); // a copy can be started where it lies
    await copyRunning(connection, data, target);
    const password = await findText(path.join(options.dataDir, "pg", "password"));
    if (password !== undefined) await writeWhole(path.join(part, "pg", "password"), `${password}\n`);
    await syncFolder(versionDir);
    await syncFolder(path.join(part, "pg"));
  });
}

/** The server says itself where its data lies; a server that another Chiffon runs, or on another machine, is refused. */
async function getDataFolder<T>(connection: Kysely<T>, dataDir: string): Promise<string> {
  const { rows } = await sql<{ data: string }>`SELECT current_setting('data_directory') AS data`.execute(
    connection,
  );
  const said = rows[0]?.data ?? "";
  const pgDir = await realpath(path.join(dataDir, "pg")).catch(() => path.join(dataDir, "pg"));
  const home = (await findText(path.join(pgDir, "location"))) ?? pgDir;
  const data = await realpath(said).catch(() => undefined);
  if (data !== undefined && data.startsWith(`${await realpath(home).catch(() => home)}${path.sep}`))
    return data;
  throw new ChiffonError(
    "conflict",
    `The database that is in use does not lie in ${dataDir}, so it cannot be copied from there.`,
    {
      hint: "Back an external PostgreSQL up with its own tools, such as pg_dump.",
    },
  );
}

async function copyRunning<T>(connection: Kysely<T>, data: string, target: string): Promise<void> {
  // The slot, which ends with this session, keeps the log files that the copy needs from being recycled meanwhile.
  const slot = `chiffon_hot_copy_${process.pid}_${randomBytes(3).toString("hex")}`;
  await sql`SELECT pg_create_physical_replication_slot(${slot}, true, true)`.execute(connection);
  try {
    await sql`SELECT pg_backup_start('chiffon hot copy', true)`.execute(connection);
    let label: { labelfile: string; spcmapfile: string } | undefined;
    try {
      await copyTree(data, target, { wanted: isWanted, durable: true, keepOwner: process.getuid?.() === 0 });
    } finally {
      const stopped = await sql<{ labelfile: string; spcmapfile: string }>`
        SELECT labelfile, spcmapfile FROM pg_backup_stop(false)`.execute(connection);
      label = stopped.rows[0];
    }
    await copyLog(data, target);
    if (!label) throw new Error("the server gave no backup label");
    await writeAsOwner(path.join(target, "backup_label"), label.labelfile);
    if (label.spcmapfile.trim() !== "")
      await writeAsOwner(path.join(target, "tablespace_map"), label.spcmapfile);
  } finally {
    await sql`SELECT pg_drop_replication_slot(${slot})`.execute(connection).catch(() => undefined);
  }
}

function isWanted(relative: string): boolean {
  const name = relative.replaceAll(path.sep, "/");
  if (leftOut.test(name)) return false;
  return !emptied.test(name) || walFolder.test(name);
}

/** The write-ahead log up to the end of the copy, without which the copied files fit together nowhere. */
async function copyLog(data: string, target: string): Promise<void> {
  const log = path.join(data, "pg_wal");
  const keepOwner = process.getuid?.() === 0;
  for (const name of await readdir(log)) {
    if (!/^[0-9A-F]{24}$|^[0-9A-F]{8}\.history$/.test(name)) continue;
    await copyTree(path.join(log, name), path.join(target, "pg_wal", name), { durable: true, keepOwner });
  }
  await syncFolder(path.join(target, "pg_wal"));
}

async function writeAsOwner(file: string, text: string): Promise<void> {
  const { uid, gid } = await stat(path.dirname(file));
  await writeWhole(file, text);
  if (process.getuid?.() === 0) await chown(file, uid, gid);
  await chmod(file, 0o600);
}

async function removeParts(into: string): Promise<void> {
  for (const name of await readdir(into)) {
    if (!name.endsWith(".part") || !namePattern.test(name.slice(0, -".part".length))) continue;
    const part = path.join(into, name);
    const age = Date.now() - ((await lstat(part).catch(() => undefined))?.mtimeMs ?? 0);
    // Only one Chiffon works in a data directory; a young one may still be a copy that this process makes.
    if (age > 60_000) await rm(part, { recursive: true, force: true });
  }
}

async function removeOld(into: string, keep: number): Promise<void> {
  const copies = (await readdir(into)).filter((name) => namePattern.test(name)).toSorted();
  for (const name of copies.slice(0, Math.max(0, copies.length - Math.max(1, keep)))) {
    await rm(path.join(into, name), { recursive: true, force: true });
  }
}
