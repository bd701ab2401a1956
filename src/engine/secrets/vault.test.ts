import { createSecretKey, randomBytes } from "node:crypto";
import path from "node:path";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../../adapters/database/open.ts";
import { createTestDatabase } from "../../adapters/database/testing.ts";
import type { Database, Tables } from "../schema.ts";
import { createSecretVault, type SecretVault } from "./vault.ts";

const actor = { kind: "cli", name: "cli on server, uid 0", id: null } as const;
const migrations = path.resolve(import.meta.dirname, "../migrations");
const newKey = () => createSecretKey(randomBytes(32));
const clock = { now: () => new Date("2026-11-22T12:00:00.000Z") };

interface Stage extends AsyncDisposable {
  readonly db: Database;
  readonly vault: SecretVault;
  /** Kind and data of every audit record so far. */
  records(): Promise<{ kind: string; services: string[] | null; data: Record<string, unknown> }[]>;
  /** Everything that the database stores, as text. */
  dump(): Promise<string>;
}

async function createStage(): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  const { connection } = stack.use(await createTestDatabase({ migrations }));
  const { db } = stack.use(openDatabase<Tables>({ connection, poolSize: 4 }));
  return {
    db,
    vault: createSecretVault({ db, key: newKey(), clock }),
    async records() {
      const rows = await db.selectFrom("audit_record").selectAll().orderBy("arrival").execute();
      return rows.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")));
    },
    async dump() {
      const secrets = await sql<object>`SELECT *, encode(sealed, 'escape') AS plain FROM secret`.execute(db);
      const records =
        await sql<object>`SELECT *, convert_from(body, 'UTF8') AS plain FROM audit_record`.execute(db);
      return JSON.stringify([secrets.rows, records.rows]);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

describe("secret vault", () => {
  test("keeps a value sealed, gives it back by name, and records the change without it", async () => {
    await using stage = await createStage();
    const { vault } = stage;
    expect(await vault.set({ name: "db_password", value: "correct horse", actor })).toEqual({
      name: "db_password",
      version: 1,
    });
    expect(await vault.set({ name: "db_password", value: "battery staple", actor })).toEqual({
      name: "db_password",
      version: 2,
    });
    await vault.set({ name: "api_token", value: "tök-€-🔑", actor });
    expect(await vault.valuesFor(["db_password", "api_token"])).toEqual([
      { name: "db_password", version: 2, value: "battery staple" },
      { name: "api_token", version: 1, value: "tök-€-🔑" },
    ]);
    expect((await vault.listValues()).map(({ name }) => name)).toEqual(["api_token", "db_password"]);
    const records = await stage.records();
    expect(records.map(({ kind, data }) => [kind, data["name"], data["version"]])).toEqual([
      ["secret.set", "db_password", 1],
      ["secret.set", "db_password", 2],
      ["secret.set", "api_token", 1],
    ]);
    expect(records[1]?.data["hmac_sha256"]).toBe(vault.hmac("battery staple"));
    expect(await vault.findHmac("db_password")).toBe(vault.hmac("battery staple"));
    const stored = await stage.dump();
    expect(stored).not.toMatch(/horse|battery|staple|🔑/);
  });

  test("lists names, versions and times, never values", async () => {
    await using stage = await createStage();
    await stage.vault.set({ name: "token", value: "abcdefgh", actor });
    expect(await stage.vault.list()).toEqual([
      {
        name: "token",
        version: 1,
        origin: "set",
        service: null,
        changedBy: actor,
        changedAt: clock.now(),
        revealedAt: null,
      },
    ]);
  });

  test("a removed secret is gone, and its version is never used again", async () => {
    await using stage = await createStage();
    const { vault } = stage;
    await vault.set({ name: "token", value: "abcdefgh", actor });
    await vault.remove({ name: "token", actor });
    expect(await vault.list()).toEqual([]);
    expect(await vault.findHmac("token")).toBeUndefined();
    await expect(vault.valuesFor(["token", "other"])).rejects.toThrow("There are no secrets token, other.");
    await expect(vault.remove({ name: "token", actor })).rejects.toMatchObject({ code: "not-found" });
    expect(await vault.set({ name: "token", value: "abcdefgh", actor })).toEqual({
      name: "token",
      version: 2,
    });
    expect((await stage.records()).map(({ kind }) => kind)).toEqual([
      "secret.set",
      "secret.removed",
      "secret.set",
    ]);
  });

  test("shows a value once per version, and records that", async () => {
    await using stage = await createStage();
    const { vault } = stage;
    await vault.set({ name: "token", value: "abcdefgh", actor });
    const both = await Promise.allSettled([
      vault.reveal({ name: "token", actor }),
      vault.reveal({ name: "token", actor }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(vault.reveal({ name: "token", actor })).rejects.toMatchObject({ code: "conflict" });
    expect((await vault.list())[0]?.revealedAt).toEqual(clock.now());
    await vault.set({ name: "token", value: "ijklmnop", actor });
    expect(await vault.reveal({ name: "token", actor })).toEqual({
      name: "token",
      version: 2,
      value: "ijklmnop",
    });
    const kinds = (await stage.records()).map(({ kind }) => kind);
    expect(kinds).toEqual(["secret.set", "secret.revealed", "secret.set", "secret.revealed"]);
  });

  test("makes what a unit declares with generate= once, and names what a person must set", async () => {
    await using stage = await createStage();
    const { vault, db } = stage;
    await vault.set({ name: "mine", value: "my own value", actor });
    const declarations = [
      { name: "session_key", generate: 32 },
      { name: "api_token", generate: null },
      { name: "mine", generate: 12 },
    ];
    const ensure = () =>
      db
        .transaction()
        .execute((tx) => vault.ensureGenerated(tx, { declarations, service: "status-page", actor }));
    const made = await Promise.all([ensure(), ensure(), ensure()]);
    expect(made.flatMap(({ generated }) => generated)).toEqual(["session_key"]);
    expect(made.map(({ missing }) => missing)).toEqual([["api_token"], ["api_token"], ["api_token"]]);
    const [key, mine] = await vault.valuesFor(["session_key", "mine"]);
    expect(key?.value).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(mine?.value).toBe("my own value");
    expect((await vault.list()).find(({ name }) => name === "session_key")).toMatchObject({
      origin: "generated",
      service: "status-page",
    });
    expect((await stage.records()).at(-1)).toMatchObject({
      kind: "secret.generated",
      services: ["status-page"],
    });
    expect(await vault.listVersions(["session_key", "mine", "api_token"])).toEqual([
      { name: "mine", version: 1 },
      { name: "session_key", version: 1 },
    ]);
  });

  test("is part of the caller's transaction: undone with it, record and all", async () => {
    await using stage = await createStage();
    const failing = stage.db.transaction().execute(async (tx) => {
      await stage.vault.set({ name: "token", value: "abcdefgh", actor }, tx);
      throw new Error("undo");
    });
    await expect(failing).rejects.toThrow("undo");
    expect(await stage.vault.list()).toEqual([]);
    expect(await stage.records()).toEqual([]);
  });

  test("changes at the same moment get different versions", async () => {
    await using stage = await createStage();
    const values = Array.from({ length: 12 }, (_, index) => `value number ${index}`);
    const done = await Promise.all(values.map((value) => stage.vault.set({ name: "token", value, actor })));
    expect(done.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(
      values.map((_, index) => index + 1),
    );
  });

  test.each([
    ["short", /shorter than 6/],
    ["", /shorter than 6/],
    ["a\u0000bcdefgh", /control/],
  ])("refuses the value %j", async (value, reason) => {
    await using stage = await createStage();
    await expect(stage.vault.set({ name: "token", value, actor })).rejects.toThrow(reason);
    expect(await stage.dump()).toBe("[[],[]]");
  });

  test.each(["", "1abc", "a-b", "a b", "x".repeat(65), "../x"])("refuses the name %j", async (name) => {
    await using stage = await createStage();
    await expect(stage.vault.set({ name, value: "abcdefgh", actor })).rejects.toMatchObject({
      code: "bad-input",
    });
  });

  test("rows that were swapped, rolled back or changed do not open", async () => {
    await using stage = await createStage();
    const { vault, db } = stage;
    await vault.set({ name: "one", value: "value of one", actor });
    await vault.set({ name: "two", value: "value of two", actor });
    const before = await db
      .selectFrom("secret")
      .selectAll()
      .where("name", "=", "one")
      .executeTakeFirstOrThrow();
    await db
      .updateTable("secret")
      .set({ sealed: before.sealed, nonce: before.nonce })
      .where("name", "=", "two")
      .execute();
    await expect(vault.valuesFor(["two"])).rejects.toThrow(/changed outside of Chiffon/);
    await vault.set({ name: "one", value: "a newer value", actor });
    await db
      .updateTable("secret")
      .set({ sealed: before.sealed, nonce: before.nonce })
      .where("name", "=", "one")
      .execute();
    await expect(vault.valuesFor(["one"])).rejects.toThrow(/changed outside of Chiffon/);
    const damaged = Buffer.from(before.sealed ?? []);
    damaged[0] = (damaged[0] ?? 0) ^ 1;
    await db.updateTable("secret").set({ sealed: damaged, version: 1 }).where("name", "=", "one").execute();
    await expect(vault.valuesFor(["one"])).rejects.toThrow(/changed outside of Chiffon/);
  });

  test("says so when the key file belongs to another database", async () => {
    await using stage = await createStage();
    await stage.vault.set({ name: "token", value: "abcdefgh", actor });
    await stage.vault.checkKey();
    const other = createSecretVault({ db: stage.db, key: newKey(), clock });
    await expect(other.checkKey()).rejects.toMatchObject({ code: "setup-needed" });
    await expect(other.valuesFor(["token"])).rejects.toThrow(/another key file/);
    expect(other.hmac("abcdefgh")).not.toBe(stage.vault.hmac("abcdefgh"));
  });
});
