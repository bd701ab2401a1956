import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { sql, type Kysely } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrate, watchMigrations } from "./migrate.ts";
import { openDatabase, type OpenDatabase } from "./open.ts";
import { createTestDatabase, type TestDatabase } from "./testing.ts";

let folder: string;
let at: TestDatabase;
let opened: OpenDatabase<unknown>;
let db: Kysely<unknown>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "chiffon-migrate-"));
  at = await createTestDatabase();
  opened = openDatabase<unknown>(at);
  db = opened.db;
  await write("0001-first.sql", "CREATE TABLE a (id int); INSERT INTO a VALUES (1);");
  await write("0002-second.sql", "ALTER TABLE a ADD b text DEFAULT 'x';");
});

afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await at[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function write(name: string, text: string): Promise<void> {
  await writeFile(path.join(folder, name), text);
}

test("files are applied once, in order, and the hook hears what is to come and what is there", async () => {
  const heard: string[][] = [];
  const beforeChange = async (pending: string[], current: string[]): Promise<void> =>
    void heard.push(pending, current);
  expect(await migrate({ db, folder, beforeChange })).toEqual({
    applied: ["0001-first.sql", "0002-second.sql"],
  });
  expect(await migrate({ db, folder, beforeChange })).toEqual({ applied: [] });
  await write("0003-third.sql", "INSERT INTO a VALUES (2);");
  expect(await migrate({ db, folder, beforeChange })).toEqual({ applied: ["0003-third.sql"] });
  expect(heard).toEqual([
    ["0001-first.sql", "0002-second.sql"],
    [],
    ["0003-third.sql"],
    ["0001-first.sql", "0002-second.sql"],
  ]);
  expect((await sql`SELECT id, b FROM a ORDER BY id`.execute(db)).rows).toEqual([
    { id: 1, b: "x" },
    { id: 2, b: "x" },
  ]);
  expect((await sql`SHOW statement_timeout`.execute(db)).rows).toEqual([{ statement_timeout: "30s" }]);
});

test("of four processes that migrate at once one does the work and all succeed", async () => {
  const pools = [0, 1, 2, 3].map(() => openDatabase<unknown>({ ...at, poolSize: 1 }));
  const results = await Promise.all(pools.map((pool) => migrate({ db: pool.db, folder })));
  expect(results.map((result) => String(result.applied.length)).toSorted()).toEqual(["0", "0", "0", "2"]);
  expect((await sql`SELECT count(*) AS n FROM a`.execute(db)).rows).toEqual([{ n: 1 }]);
  for (const pool of pools) await pool[Symbol.asyncDispose]();
});

test("a changed file, a file in between and a newer history are refused before anything changes", async () => {
  await write("0003-third.sql", "CREATE TABLE c (id int);");
  await migrate({ db, folder });
  await rm(path.join(folder, "0003-third.sql"));
  await expect(migrate({ db, folder })).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("newer Chiffon"),
    hint: expect.stringContaining("newer version"),
  });
  await write("0003-another.sql", "CREATE TABLE d (id int);");
  await expect(migrate({ db, folder })).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/0003-third/),
  });
  await rm(path.join(folder, "0003-another.sql"));
  await write("0003-third.sql", "CREATE TABLE c (id bigint);");
  await write("0004-fourth.sql", "CREATE TABLE e (id int);");
  await expect(migrate({ db, folder })).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/0003-third/),
  });
  expect((await sql`SELECT to_regclass('e') AS e, to_regclass('d') AS d`.execute(db)).rows).toEqual([
    { e: null, d: null },
  ]);
});

test("a failing file is undone whole, the ones before it stay, and the next run goes on from there", async () => {
  await write("0003-bad.sql", "CREATE TABLE half (id int); SELECT no_such_function();");
  await expect(migrate({ db, folder })).rejects.toMatchObject({
    code: "internal",
    message: expect.stringContaining("0003-bad.sql failed and was undone"),
  });
  expect(
    (await sql`SELECT to_regclass('half') AS half, count(*) AS n FROM migration`.execute(db)).rows,
  ).toEqual([{ half: null, n: 2 }]);
  await write("0003-bad.sql", "CREATE TABLE whole (id int);");
  expect(await migrate({ db, folder })).toEqual({ applied: ["0003-bad.sql"] });
});

test("when the hook fails nothing is changed and the lock is free again", async () => {
  const beforeChange = () => Promise.reject(new Error("no room for a copy"));
  await expect(migrate({ db, folder, beforeChange })).rejects.toThrow("no room for a copy");
  expect((await sql`SELECT count(*) AS n FROM migration`.execute(db)).rows).toEqual([{ n: 0 }]);
  expect((await migrate({ db, folder })).applied).toHaveLength(2);
});

test("a gap in the numbers and a name that is no migration's are refused", async () => {
  await write("0004-late.sql", "SELECT 1;");
  await expect(migrate({ db, folder })).rejects.toThrow(/0003-name\.sql is expected/);
  await rm(path.join(folder, "0004-late.sql"));
  await write("0003_Wrong.sql", "SELECT 1;");
  await expect(migrate({ db, folder })).rejects.toThrow(/0003-name\.sql is expected/);
});

test("a change that older versions cannot live with waits for nobody: it is refused while servers work, and names them", async () => {
  await migrate({ db, folder });
  await write("0003-beside.sql", "CREATE TABLE c (id int);");
  const asked: string[] = [];
  const others = ["box:/srv/one", "box:/srv/two"];
  const listOthers = (): Promise<string[]> => (asked.push("asked"), Promise.resolve(others));
  // Of what they can live with they are not asked.
  expect(await migrate({ db, folder, listOthers })).toEqual({ applied: ["0003-beside.sql"] });
  expect(asked).toEqual([]);

  await write("0004-beside.sql", "CREATE TABLE d (id int);");
  await write("0005-alone.sql", "-- chiffon:alone\nALTER TABLE a DROP COLUMN b;");
  await expect(migrate({ db, folder, listOthers })).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(
      /0005-alone\.sql cannot be made .*: box:\/srv\/one, box:\/srv\/two\. Nothing/,
    ),
  });
  expect((await sql`SELECT to_regclass('d') AS d`.execute(db)).rows).toEqual([{ d: null }]);
  others.splice(0);
  expect((await migrate({ db, folder, listOthers })).applied).toHaveLength(2);
});

test("a server that starts while a newer version changes the schema waits for that, and is refused", async () => {
  await migrate({ db, folder });
  const watch = await watchMigrations({ db, folder });
  await watch.requireOurs();
  expect(await watch.listNewer()).toEqual([]);

  await write("0003-third.sql", "CREATE TABLE c (id int);");
  const reached = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const migrating = migrate({
    db,
    folder,
    beforeChange: async () => {
      reached.resolve();
      await end.promise;
    },
  });
  await reached.promise;
  const refused = watch.requireOurs().then(
    () => "it started",
    (error: unknown) => String(error),
  );
  // It waits for the lock.
  const waiting = async () =>
    (await sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`.execute(db)).rows;
  await expect.poll(waiting).toHaveLength(1);
  end.resolve();
  await migrating;
  expect(await refused).toContain("newer Chiffon (it holds 0003-third.sql)");
  expect(await watch.listNewer()).toEqual(["0003-third.sql"]);
});
