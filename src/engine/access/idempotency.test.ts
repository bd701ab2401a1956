import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openDatabase, type OpenDatabase } from "../../adapters/database/open.ts";
import { createTestDatabase, type TestDatabase } from "../../adapters/database/testing.ts";
import type { Tables } from "../schema.ts";
import { createIdempotency, type Idempotency } from "./idempotency.ts";

const migrations = path.resolve(import.meta.dirname, "../migrations");

let database: TestDatabase;
let opened: OpenDatabase<Tables>;
let idempotency: Idempotency;
let time = Date.UTC(2026, 10, 22, 12);
const clock = { now: (): Date => new Date(time) };
const minutes = (count: number): void => {
  time += count * 60_000;
};

beforeAll(async () => {
  database = await createTestDatabase({ migrations });
  opened = openDatabase<Tables>({ connection: database.connection, poolSize: 4 });
  idempotency = createIdempotency({ db: opened.db, clock });
});
afterEach(async () => {
  await opened.db.deleteFrom("idempotency").execute();
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

describe("a write that is sent twice", () => {
  const call = {
    identity: "user:1",
    key: "k-1",
    route: "POST /x",
    bodySha256: "a".repeat(64),
    secretAnswer: false,
  };

  test("is done once and answered twice, for 24 hours", async () => {
    let done = 0;
    const work = async (): Promise<{ done: number }> => ({ done: ++done });
    expect(await idempotency.once(call, work)).toEqual({ done: 1 });
    expect(await idempotency.once(call, work)).toEqual({ done: 1 });
    expect(await idempotency.once({ ...call, identity: "user:2" }, work)).toEqual({ done: 2 });
    minutes(24 * 60 + 1);
    expect(await idempotency.once(call, work)).toEqual({ done: 3 });
  });

  test("with another body or route is refused", async () => {
    await idempotency.once(call, async () => 1);
    for (const other of [{ bodySha256: "b".repeat(64) }, { route: "POST /y" }]) {
      await expect(idempotency.once({ ...call, ...other }, async () => 2)).rejects.toThrow(/used before/);
    }
  });

  test("at the same moment is done once; a failure frees the key", async () => {
    const gate = Promise.withResolvers<number>();
    const first = idempotency.once(call, () => gate.promise);
    const other = createIdempotency({ db: opened.db, clock });
    await expect
      .poll(async () => (await opened.db.selectFrom("idempotency").selectAll().execute()).length)
      .toBe(1);
    await expect(idempotency.once(call, async () => 2)).rejects.toThrow(/still being worked on/);
    await expect(other.once(call, async () => 2)).rejects.toThrow(/still being worked on/);
    gate.reject(new Error("no"));
    await expect(first).rejects.toThrow("no");
    expect(await idempotency.once(call, async () => 3)).toBe(3);
  });

  test("is taken over from a process that died with it", async () => {
    void createIdempotency({ db: opened.db, clock }).once(call, () => new Promise(() => undefined));
    await expect
      .poll(async () => (await opened.db.selectFrom("idempotency").selectAll().execute()).length)
      .toBe(1);
    await expect(idempotency.once(call, async () => 2)).rejects.toThrow(/still being worked on/);
    minutes(1);
    expect(await idempotency.once(call, async () => 2)).toBe(2);
  });

  test("never keeps an answer with a secret: its repeat is refused", async () => {
    const secret = { ...call, secretAnswer: true };
    expect(await idempotency.once(secret, async () => ({ token: "chf_secret" }))).toEqual({
      token: "chf_secret",
    });
    await expect(idempotency.once(secret, async () => 2)).rejects.toThrow(/holds a secret/);
    expect(JSON.stringify(await opened.db.selectFrom("idempotency").selectAll().execute())).not.toContain(
      "chf_secret",
    );
  });
});
