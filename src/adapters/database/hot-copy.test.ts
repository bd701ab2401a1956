import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./embedded/start.ts";
import { letThrough, findOwner } from "./embedded/owner.ts";
import { makeHotCopy } from "./hot-copy.ts";
import { openDatabase, type OpenDatabase } from "./open.ts";
import { createTestDatabase } from "./testing.ts";

let root: string;
let dataDir: string;
let into: string;
let server: EmbeddedPostgres;
let opened: OpenDatabase<unknown>;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "chiffon-copy-"));
  await letThrough(root, await findOwner());
  dataDir = path.join(root, "data");
  into = path.join(dataDir, "hot-copies");
  await mkdir(dataDir, { mode: 0o700 });
  server = await startEmbeddedPostgres({ dataDir });
  opened = openDatabase<unknown>({ connection: server.connection });
});

afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

test("a copy made while rows are being written starts as a data directory and holds all of them up to its end", async () => {
  await sql`CREATE TABLE written (n int PRIMARY KEY, pad text)`.execute(opened.db);
  let written = 0;
  let stop = false;
  const writer = (async () => {
    for (; !stop; written++)
      await sql`INSERT INTO written VALUES (${written}, repeat('x', 500))`.execute(opened.db);
  })();
  await expect.poll(() => written).toBeGreaterThan(10);
  const before = written;
  const copy = await makeHotCopy({ db: opened.db, dataDir, into });
  const during = written;
  stop = true;
  await writer;
  expect(during).toBeGreaterThan(before);
  await using second = await startEmbeddedPostgres({ dataDir: copy });
  await using there = openDatabase<unknown>({ connection: second.connection });
  const { rows } = await sql<{ count: number; most: number }>`
    SELECT count(*) AS count, max(n) AS most FROM written`.execute(there.db);
  const seen = rows[0] ?? { count: 0, most: 0 };
  expect(seen.count).toBeGreaterThanOrEqual(before);
  expect(seen.count).toBe(seen.most + 1);
  await sql`INSERT INTO written VALUES (-1, 'the copy can be written')`.execute(there.db);
});

test("the last two copies stay, and nothing of a copy that was killed half way", async () => {
  const killed = path.join(into, "hot-copy-20250101T000000000Z-0000.part");
  await mkdir(killed);
  await utimes(killed, new Date(0), new Date(0));
  await writeFile(path.join(into, "a-file-of-somebody"), "");
  const second = await makeHotCopy({ db: opened.db, dataDir, into });
  const third = await makeHotCopy({ db: opened.db, dataDir, into });
  const names = [path.basename(second), path.basename(third), "a-file-of-somebody"];
  expect((await readdir(into)).toSorted()).toEqual(names.toSorted());
  const slots = await sql<{ n: number }>`SELECT count(*) AS n FROM pg_replication_slots`.execute(opened.db);
  expect(slots.rows).toEqual([{ n: 0 }]);
});

test("a database that is not the embedded one of this data directory is refused", async () => {
  await using at = await createTestDatabase();
  await using other = openDatabase<unknown>(at);
  await expect(makeHotCopy({ db: other.db, dataDir, into })).rejects.toMatchObject({
    code: "conflict",
    hint: expect.stringContaining("pg_dump"),
  });
});
