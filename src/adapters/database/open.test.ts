import path from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { startFaultProxy } from "../../../test/support/fault-proxy.ts";
import { openDatabase } from "./open.ts";
import { createTestDatabase } from "./testing.ts";

const nowhere = { host: "/nonexistent/socket-folder", port: 5432, user: "u", password: "p", database: "d" };

test("bigint and count arrive as numbers, a date as its text, in every pool alike", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>(at);
  const query = sql`SELECT 9007199254740991::bigint AS big, count(*) AS n, DATE '2026-03-29' AS day FROM (VALUES (1), (2)) v`;
  expect((await query.execute(opened.db)).rows).toEqual([{ big: 9007199254740991, n: 2, day: "2026-03-29" }]);
});

test("a bigint that no number can hold is an error, never a wrong value", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>(at);
  await expect(sql`SELECT 9007199254740993::bigint AS big`.execute(opened.db)).rejects.toThrow(
    /does not fit/,
  );
  expect((await sql<{ n: number }>`SELECT 1 AS n`.execute(opened.db)).rows).toEqual([{ n: 1 }]);
});

test("a database that does not answer is named as such, with what to do", async () => {
  await using opened = openDatabase<unknown>({ connection: nowhere });
  await expect(sql`SELECT 1`.execute(opened.db)).rejects.toMatchObject({
    code: "database-unavailable",
    hint: expect.stringContaining("database"),
  });
  await expect(opened.listen("news", () => undefined)).rejects.toMatchObject({
    code: "database-unavailable",
  });
});

test("a wrong password is a refused connection", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>({ connection: { ...at.connection, password: "wrong" } });
  await expect(sql`SELECT 1`.execute(opened.db)).rejects.toMatchObject({ code: "database-unavailable" });
});

test("a URL works like the parts", async () => {
  await using at = await createTestDatabase();
  const { host, user, password, database } = at.connection;
  const url = `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}`;
  await using opened = openDatabase<unknown>({ connection: { url } });
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(opened.db);
  expect(rows).toEqual([{ name: database }]);
});

test("sessions that the server ends, idle or busy, neither end the process nor stay in the pool", async () => {
  await using at = await createTestDatabase();
  const idleErrors: Error[] = [];
  await using opened = openDatabase<unknown>({
    ...at,
    poolSize: 1,
    onIdleError: (error) => void idleErrors.push(error),
  });
  await using other = openDatabase<unknown>(at);
  await sql`SELECT 1`.execute(opened.db);
  const endOthers = sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  await endOthers.execute(other.db);
  await expect.poll(() => idleErrors.length).toBe(1);
  const busy = sql`SELECT pg_sleep(20)`.execute(opened.db).catch((error: unknown) => error);
  const waiting = sql<{
    n: number;
  }>`SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%'
    AND pid <> pg_backend_pid()`;
  await expect.poll(async () => (await waiting.execute(other.db)).rows[0]?.n).toBe(1);
  await endOthers.execute(other.db);
  expect(await busy).toMatchObject({ code: "database-unavailable" });
  expect((await sql<{ n: number }>`SELECT 1 AS n`.execute(opened.db)).rows).toEqual([{ n: 1 }]);
});

test("a query of the pool has a time limit of 30 s", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>(at);
  const { rows } = await sql<{ statement_timeout: string }>`SHOW statement_timeout`.execute(opened.db);
  expect(rows).toEqual([{ statement_timeout: "30s" }]);
});

test("connections that fall silent are given up: the next query has another one, a transaction fails at once, and the listening one comes back", async () => {
  await using at = await createTestDatabase();
  const target = { path: path.join(at.connection.host, ".s.PGSQL.5432") };
  await using proxy = await startFaultProxy({ target });
  const connection = { ...at.connection, host: "127.0.0.1", port: proxy.port };
  await using opened = openDatabase<unknown>({ connection, poolSize: 1, answerWithin: 300 });
  const heard: string[] = [];
  await using news = await opened.listen("news", (payload) => void heard.push(payload));
  const ask = () => sql<{ n: number }>`SELECT 1 AS n`.execute(opened.db);
  await ask();

  expect(proxy.freeze()).toBe(2);
  await expect(ask()).rejects.toMatchObject({ code: "database-unavailable" });
  expect((await ask()).rows).toEqual([{ n: 1 }]);
  const inTransaction = opened.db.transaction().execute(async (tx) => {
    await sql`SELECT 1`.execute(tx);
    proxy.freeze();
    await sql`SELECT 1`.execute(tx);
  });
  await expect(inTransaction).rejects.toMatchObject({ code: "database-unavailable" });
  expect((await ask()).rows).toEqual([{ n: 1 }]);
  await expect.poll(() => heard).toContain("");
  await sql`SELECT pg_notify('news', 'again')`.execute(opened.db);
  await expect.poll(() => heard.at(-1)).toBe("again");
  expect(news).toBeDefined();
});

test("a violated constraint keeps PostgreSQL's own code", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>(at);
  await sql`CREATE TABLE one (id int PRIMARY KEY)`.execute(opened.db);
  await sql`INSERT INTO one VALUES (1)`.execute(opened.db);
  await expect(sql`INSERT INTO one VALUES (1)`.execute(opened.db)).rejects.toMatchObject({ code: "23505" });
});

test("a notification reaches every handler of its channel and no other, until it is disposed", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>(at);
  const heard: string[] = [];
  await using news = await opened.listen("news", (payload) => void heard.push(`first ${payload}`));
  const again = await opened.listen("news", (payload) => void heard.push(`again ${payload}`));
  await using other = await opened.listen("other", (payload) => void heard.push(`other ${payload}`));
  await sql`SELECT pg_notify('news', 'one')`.execute(opened.db);
  await expect.poll(() => heard).toEqual(["first one", "again one"]);
  await again[Symbol.asyncDispose]();
  await sql`SELECT pg_notify('news', 'two'), pg_notify('other', 'end')`.execute(opened.db);
  await expect.poll(() => heard).toEqual(["first one", "again one", "first two", "other end"]);
  await expect(opened.listen('bad"name', () => undefined)).rejects.toThrow(/not a channel name/);
  expect([news, other]).toHaveLength(2);
});

test("when the listening session is ended it comes back, and every handler hears an empty payload", async () => {
  await using at = await createTestDatabase();
  const errors: Error[] = [];
  await using opened = openDatabase<unknown>({ ...at, onIdleError: (error) => void errors.push(error) });
  const heard: string[] = [];
  await using a = await opened.listen("a", (payload) => void heard.push(`a${payload}`));
  await using b = await opened.listen("b", (payload) => void heard.push(`b${payload}`));
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute(opened.db);
  await expect.poll(() => heard.toSorted()).toEqual(["a", "b"]);
  await sql`SELECT pg_notify('b', '!')`.execute(opened.db);
  await expect.poll(() => heard.at(-1)).toBe("b!");
  expect(errors.length).toBeGreaterThan(0);
  expect([a, b]).toHaveLength(2);
});

test("a connection plans a statement once, and works on when the table behind it becomes another one", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>({ ...at, poolSize: 1 });
  await using other = openDatabase<unknown>(at);
  await sql`CREATE TABLE one (id int)`.execute(opened.db);
  const ask = async (id: number) => (await sql`SELECT * FROM one WHERE id = ${id}`.execute(opened.db)).rows;
  const countPlanned = async () => {
    const { rows } = await sql<{ n: number }>`
      SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE '%FROM one%'
    `.execute(opened.db);
    return rows[0]?.n;
  };
  await sql`INSERT INTO one VALUES (1), (2)`.execute(opened.db);
  expect([await ask(1), await ask(2), await ask(3)]).toEqual([[{ id: 1 }], [{ id: 2 }], []]);
  expect(await countPlanned()).toBe(1);

  // Another version of Chiffon may migrate a database that this one works on.
  await sql`ALTER TABLE one ADD COLUMN more text DEFAULT 'x'`.execute(other.db);
  await expect(ask(1)).rejects.toMatchObject({ code: "database-unavailable" });
  expect(await ask(1)).toEqual([{ id: 1, more: "x" }]);
});

test("long lists are not kept as statements", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>({ ...at, poolSize: 1 });
  const countKept = async (ids: number[]) => {
    const list = sql.join(ids);
    await sql`SELECT 1 WHERE 1 IN (${list})`.execute(opened.db);
    const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM pg_prepared_statements`.execute(
      opened.db,
    );
    return rows[0]?.n;
  };
  expect(await countKept([1, 2, 3])).toBe(1);
  expect(await countKept(Array.from({ length: 25 }, (_, at) => at))).toBe(1);
});
