import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { sql, type Kysely } from "kysely";
import { ChiffonError } from "../../domain/errors.ts";

/** Any number will do that no other program uses on the same database. */
const lockNumber = 7_707_001;
const namePattern = /^(\d{4})-[a-z0-9-]+\.sql$/;

export interface MigrateOptions<T> {
  readonly db: Kysely<T>;
  /** Folder of the files `NNNN-name.sql`, numbered from 0001 without a gap. */
  readonly folder: string;
  /** Called under the lock before the first change, with the names to come and those already applied. */
  readonly beforeChange?: (pending: string[], current: string[]) => Promise<void>;
  /** Names of the servers that are at work on the schema as it is; called under the lock where a change needs them to be none. */
  readonly listOthers?: () => Promise<readonly string[]>;
}

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
  /** Servers of older versions cannot go on after it; without the mark they can. */
  readonly isAlone: boolean;
}

/** First line of a file that servers of older versions cannot live with. */
const aloneMark = "-- chiffon:alone\n";

/**
 * Brings the schema to this version, one process at a time, each file in a transaction of its own. Throws "conflict"
 * when the applied files are not the beginning of ours: changed, missing in between, or of a newer Chiffon.
 */
export async function migrate<T>(options: MigrateOptions<T>): Promise<{ applied: string[] }> {
  const known = await readMigrations(options.folder);
  return options.db.connection().execute(async (connection) => {
    // Waiting for another process and a large change both take longer than a query may.
    await sql`SET statement_timeout = 0`.execute(connection);
    await sql`SELECT pg_advisory_lock(${lockNumber}::bigint)`.execute(connection);
    try {
      return { applied: await applyPending(connection, known, options) };
    } finally {
      await sql`SELECT pg_advisory_unlock(${lockNumber}::bigint)`.execute(connection).catch(() => undefined);
      await sql`RESET statement_timeout`.execute(connection).catch(() => undefined);
    }
  });
}

export interface SchemaWatch {
  /** Refuses a server whose database has become newer while it was starting. @throws ChiffonError "conflict" */
  requireOurs(): Promise<void>;
  /** The names of changes that a newer version has made. */
  listNewer(): Promise<string[]>;
}

/** Looks whether a newer version brings the schema further while this one works. */
export async function watchMigrations<T>({
  db,
  folder,
}: Pick<MigrateOptions<T>, "db" | "folder">): Promise<SchemaWatch> {
  const { length } = await readMigrations(folder);
  const listNewer = async (from: Kysely<T>): Promise<string[]> =>
    (await readDone(from)).slice(length).map(({ name }) => name);
  return {
    listNewer: () => listNewer(db),
    async requireOurs() {
      const [name] = await db.transaction().execute(async (tx) => {
        // Who is making a change has seen this server, or is waited for.
        await sql`SELECT pg_advisory_xact_lock_shared(${lockNumber}::bigint)`.execute(tx);
        return await listNewer(tx);
      });
      if (name !== undefined) throw downgraded(name);
    },
  };
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
  const migrations: Migration[] = [];
  for (const [index, name] of names.entries()) {
    const number = Number(namePattern.exec(name)?.[1]);
    if (number !== index + 1) throw badFolder(folder, name, index + 1);
    const bytes = await readFile(path.join(folder, name));
    migrations.push({
      name,
      text: bytes.toString("utf8"),
      sha256: createHash("sha256").update(bytes).digest("hex"),
      isAlone: bytes.toString("utf8").startsWith(aloneMark),
    });
  }
  return migrations;
}

async function applyPending<T>(
  connection: Kysely<T>,
  known: Migration[],
  options: MigrateOptions<T>,
): Promise<string[]> {
  await sql`CREATE TABLE IF NOT EXISTS migration (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`.execute(
    connection,
  );
  const done = await readDone(connection);
  for (const [index, row] of done.entries()) compare(row, known, index);
  const pending = known.slice(done.length);
  if (pending.length === 0) return [];
  if (done.length > 0) await requireAlone(pending, options);
  await options.beforeChange?.(
    pending.map(({ name }) => name),
    done.map(({ name }) => name),
  );
  for (const migration of pending) await apply(connection, migration);
  return pending.map(({ name }) => name);
}

async function readDone<T>(db: Kysely<T>): Promise<{ name: string; sha256: string }[]> {
  const { rows } = await sql<{
    name: string;
    sha256: string;
  }>`SELECT name, sha256 FROM migration ORDER BY name COLLATE "C"`.execute(db);
  return rows;
}

async function requireAlone<T>(pending: readonly Migration[], options: MigrateOptions<T>): Promise<void> {
  const change = pending.find(({ isAlone }) => isAlone);
  const others = change === undefined ? [] : ((await options.listOthers?.()) ?? []);
  if (change === undefined || others.length === 0) return;
  throw new ChiffonError(
    "conflict",
    `The schema change ${change.name} cannot be made while servers of an older version work on the database: ${others.join(", ")}. Nothing was changed.`,
    {
      hint: "Stop all servers of the older version, then start this one. Playbooks that are under way go on meanwhile. A server that was killed counts for 90 s more.",
    },
  );
}

function compare(row: { name: string; sha256: string }, known: Migration[], index: number): void {
  const ours = known[index];
  if (!ours) throw downgraded(row.name);
  if (ours.name !== row.name) {
    const missing = ours.name < row.name ? ours.name : row.name;
    throw new ChiffonError(
      "conflict",
      `The database's history has ${row.name} where this Chiffon has ${ours.name}: ${missing} was left out.`,
      { hint: "Use the version of Chiffon that wrote this data, or restore a backup; nothing was changed." },
    );
  }
  if (ours.sha256 !== row.sha256) {
    throw new ChiffonError(
      "conflict",
      `The schema change ${row.name} was applied with other content than this Chiffon has.`,
      {
        hint: "Undo the edit of that file (a schema change is never edited, only followed by another); nothing was changed.",
      },
    );
  }
}

function downgraded(name: string): ChiffonError {
  return new ChiffonError(
    "conflict",
    `This data was written by a newer Chiffon (it holds ${name}); downgrade refused, nothing was changed.`,
    { hint: "Start the newer version again, or restore a backup or hot copy that this version made." },
  );
}

async function apply<T>(connection: Kysely<T>, migration: Migration): Promise<void> {
  try {
    await connection.transaction().execute(async (transaction) => {
      await sql.raw(migration.text).execute(transaction);
      await sql`INSERT INTO migration (name, sha256) VALUES (${migration.name}, ${migration.sha256})`.execute(
        transaction,
      );
    });
  } catch (error) {
    if (ChiffonError.is(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChiffonError(
      "internal",
      `The schema change ${migration.name} failed and was undone: ${reason}`,
      {
        hint: "The data is as it was before. Go back to the version of Chiffon that ran until now, and report this.",
        cause: error,
      },
    );
  }
}

function badFolder(folder: string, name: string, expected: number): ChiffonError {
  const number = String(expected).padStart(4, "0");
  return new ChiffonError(
    "internal",
    `${path.join(folder, name)} stands where a file ${number}-name.sql is expected.`,
    {
      hint: "Number the schema changes from 0001 without a gap, with lower-case names.",
    },
  );
}
