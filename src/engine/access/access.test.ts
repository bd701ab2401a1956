import path from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, type OpenDatabase } from "../../adapters/database/open.ts";
import { createTestDatabase, type TestDatabase } from "../../adapters/database/testing.ts";
import type { Tables } from "../schema.ts";
import { createAccess, type Access } from "./access.ts";
import { sha256 } from "./credentials.ts";
import { describeMe } from "./identities.ts";
import { authorize, type Identity } from "./roles.ts";

const migrations = path.resolve(import.meta.dirname, "../migrations");
const here = { address: "127.0.0.1" };
const password = "a long password";

let database: TestDatabase;
let opened: OpenDatabase<Tables>;
let access: Access;
let time = 0;
const clock = { now: (): Date => new Date(time) };
const minutes = (count: number): void => {
  time += count * 60_000;
};

beforeEach(async () => {
  database = await createTestDatabase({ migrations });
  opened = openDatabase<Tables>({ connection: database.connection, poolSize: 4 });
  time = Date.UTC(2026, 10, 22, 12);
  access = createAccess({ db: opened.db, clock });
});
afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** In the order of writing: the clock stands still in most tests. */
async function audits(): Promise<{ kind: string; actor: string; data: unknown }[]> {
  const rows = await opened.db
    .selectFrom("audit_record")
    .select("body")
    .orderBy(sql`ctid`)
    .execute();
  return rows.map(({ body }) => {
    const record = JSON.parse(Buffer.from(body).toString("utf8")) as {
      kind: string;
      actor: { name: string };
      data: unknown;
    };
    return { kind: record.kind, actor: record.actor.name, data: record.data };
  });
}

async function kinds(): Promise<string[]> {
  return (await audits()).map(({ kind }) => kind);
}

async function makeAdmin(): Promise<Identity> {
  const code = await access.startSetup();
  const session = await access.setup({ code: code?.code ?? "", username: "ada", password }, here);
  return identityBy(session.token);
}

async function identityBy(token: string): Promise<Identity> {
  const identity = await access.identifySession(token);
  if (identity === undefined) throw new Error("the session is not valid");
  return identity;
}

describe("set-up", () => {
  test("makes the first user an admin, once, and records it", async () => {
    const issued = await access.startSetup();
    const session = await access.setup({ code: issued?.code ?? "", username: "ada", password }, here);
    expect(session).toMatchObject({ user: "ada", role: "admin", expiresAt: "2026-11-29T12:00:00.000Z" });
    expect(describeMe(await identityBy(session.token))).toEqual({
      kind: "user",
      name: "ada",
      permissions: ["read", "propose", "preview", "operate", "approve", "admin"],
      passwordUntil: null,
    });
    expect(await kinds()).toEqual(["access.setup"]);
    expect(await access.startSetup()).toBeUndefined();
    await expect(access.setup({ code: issued?.code ?? "", username: "eve", password }, here)).rejects.toThrow(
      /Set-up is done/,
    );
  });

  test("refuses the code after 30 minutes", async () => {
    const issued = await access.startSetup();
    minutes(30);
    await expect(access.setup({ code: issued?.code ?? "", username: "ada", password }, here)).rejects.toThrow(
      /expired/,
    );
  });

  test("refuses even the right code after five wrong ones, until a new code is made", async () => {
    const issued = await access.startSetup();
    for (let left = 4; left >= 0; left--) {
      await expect(access.setup({ code: "0000-0000", username: "ada", password }, here)).rejects.toThrow(
        `The code is wrong; ${left} more tries.`,
      );
    }
    await expect(access.setup({ code: issued?.code ?? "", username: "ada", password }, here)).rejects.toThrow(
      /five times/,
    );
    expect(await kinds()).toEqual(Array.from({ length: 5 }, () => "access.code-refused"));
    const again = await access.users.reset({ kind: "cli", name: "cli on server, uid 0", id: null }, "ada");
    expect((await access.setup({ code: again.code, username: "ada", password }, here)).role).toBe("admin");
  });

  test("with the same code twice at the same moment makes one user", async () => {
    const issued = await access.startSetup();
    const results = await Promise.allSettled(
      ["ada", "eve", "mallory"].map((username) =>
        access.setup({ code: issued?.code ?? "", username, password }, here),
      ),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await opened.db.selectFrom("app_user").selectAll().execute()).toHaveLength(1);
  });

  test("keeps the code when the database fails, so that the person can try again", async () => {
    const issued = await access.startSetup();
    const body = { code: issued?.code ?? "", username: "ada", password };
    await opened.db.schema.alterTable("audit_record").renameTo("audit_elsewhere").execute();
    await expect(access.setup(body, here)).rejects.toThrow(/audit_record/);
    expect(await opened.db.selectFrom("app_user").selectAll().execute()).toEqual([]);
    await opened.db.schema.alterTable("audit_elsewhere").renameTo("audit_record").execute();
    expect((await access.setup(body, here)).user).toBe("ada");
  });

  test("stores neither code nor password nor session in clear", async () => {
    const issued = await access.startSetup();
    const session = await access.setup({ code: issued?.code ?? "", username: "ada", password }, here);
    const stored = JSON.stringify([
      await opened.db.selectFrom("app_user").selectAll().execute(),
      await opened.db.selectFrom("session").selectAll().execute(),
      await audits(),
    ]);
    for (const secret of [issued?.code ?? "?", password, session.token]) expect(stored).not.toContain(secret);
    expect(stored).toContain(sha256(session.token));
  });
});

describe("login", () => {
  test("gives a new session each time and ends the one that came with it", async () => {
    await makeAdmin();
    const first = await access.login({ username: "ada", password }, here);
    const second = await access.login(
      { username: "ada", password },
      { ...here, previousSession: first.token },
    );
    expect(second.token).not.toBe(first.token);
    expect(await access.identifySession(first.token)).toBeUndefined();
    expect((await identityBy(second.token)).actor.name).toBe("ada");
    expect(await kinds()).toEqual(["access.setup", "access.login", "access.login"]);
  });

  test("with a wrong password says the same as with an unknown user, and both are recorded without the typed name", async () => {
    await makeAdmin();
    const wrong = access.login({ username: "ada", password: "wrong wrong" }, here);
    await expect(wrong).rejects.toMatchObject({
      code: "not-signed-in",
      message: expect.stringMatching(/user name or the password/),
    });
    const unknown = access.login({ username: "my secret password", password }, here);
    await expect(unknown).rejects.toMatchObject({
      code: "not-signed-in",
      message: expect.stringMatching(/user name or the password/),
    });
    expect((await audits()).slice(1)).toEqual([
      {
        kind: "access.login-refused",
        actor: "someone not signed in",
        data: { username: "ada", address: "127.0.0.1" },
      },
      {
        kind: "access.login-refused",
        actor: "someone not signed in",
        data: { username: null, address: "127.0.0.1" },
      },
    ]);
  });

  test("is slowed down after five failures per user and address, also when they come at once", async () => {
    await makeAdmin();
    const tries = Array.from({ length: 12 }, () =>
      access.login({ username: "ada", password: "wrong wrong" }, here),
    );
    const results = await Promise.allSettled(tries);
    const codes = results.map((result) =>
      result.status === "rejected" ? (result.reason as { code: string }).code : "ok",
    );
    expect(codes.filter((code) => code === "not-signed-in")).toHaveLength(5);
    expect(codes.filter((code) => code === "too-many-requests")).toHaveLength(7);
    await expect(access.login({ username: "ada", password }, here)).rejects.toMatchObject({
      code: "too-many-requests",
    });
    expect((await access.login({ username: "ada", password }, { address: "10.0.0.9" })).user).toBe("ada");
    time += 1_000;
    expect((await access.login({ username: "ada", password }, here)).user).toBe("ada");
  });

  test("before there is any user says that set-up is needed", async () => {
    await expect(access.login({ username: "ada", password }, here)).rejects.toMatchObject({
      code: "setup-needed",
    });
  });
});

describe("sessions", () => {
  test("end after 12 hours without use, and after 7 days in any case", async () => {
    await makeAdmin();
    const idle = await access.login({ username: "ada", password }, here);
    minutes(12 * 60 - 1);
    expect(await access.identifySession(idle.token)).toBeDefined();
    minutes(12 * 60 - 1);
    expect(await access.identifySession(idle.token)).toBeDefined();
    minutes(12 * 60);
    expect(await access.identifySession(idle.token)).toBeUndefined();
    const used = await access.login({ username: "ada", password }, here);
    for (let hour = 0; hour < 7 * 24 - 6; hour += 6) {
      minutes(6 * 60);
      expect(await access.identifySession(used.token)).toBeDefined();
    }
    minutes(6 * 60);
    expect(await access.identifySession(used.token)).toBeUndefined();
  });

  test("that are only looked at by an open stream do not stay alive by it", async () => {
    const identity = await makeAdmin();
    for (let hour = 0; hour < 11; hour++) {
      minutes(60);
      expect(await access.refresh(identity)).toBeDefined();
    }
    minutes(60);
    expect(await access.refresh(identity)).toBeUndefined();
  });

  test("end at logout, and follow a changed role at once", async () => {
    const identity = await makeAdmin();
    await opened.db.updateTable("app_user").set({ role: "viewer" }).execute();
    expect([...((await access.refresh(identity))?.permissions ?? [])]).toEqual(["read"]);
    await access.logout(identity);
    expect(await access.refresh(identity)).toBeUndefined();
    expect((await kinds()).at(-1)).toBe("access.logout");
  });
});

describe("a reset", () => {
  test("ends the user's sessions and lets one code set a new password", async () => {
    const admin = await makeAdmin();
    const other = await access.login({ username: "ada", password }, here);
    const { code } = await access.users.reset(admin.actor, "ada");
    expect(await access.identifySession(other.token)).toBeUndefined();
    await expect(access.setup({ code, username: "eve", password }, here)).rejects.toThrow(/no open code/);
    const session = await access.setup({ code, username: "ada", password: "another password" }, here);
    expect(session.role).toBe("admin");
    await expect(access.login({ username: "ada", password }, here)).rejects.toMatchObject({
      code: "not-signed-in",
    });
    await expect(access.setup({ code, username: "ada", password }, here)).rejects.toMatchObject({
      code: "conflict",
    });
    expect((await kinds()).slice(-3)).toEqual([
      "access.user-reset",
      "access.password-set",
      "access.login-refused",
    ]);
  });

  test("of a user that does not exist says so", async () => {
    const admin = await makeAdmin();
    await expect(access.users.reset(admin.actor, "eve")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("API tokens", () => {
  test("carry their permissions until they expire or are revoked", async () => {
    const admin = await makeAdmin();
    const made = await access.tokens.create(admin, { name: "ci", permissions: ["read", "propose"], days: 2 });
    const identify = (): Promise<Identity | undefined> =>
      access.identifyBearer(made.token, { onThisMachine: false });
    expect(await identify()).toMatchObject({
      kind: "token",
      actor: { name: "ci", id: made.id },
      strong: true,
    });
    expect([...((await identify())?.permissions ?? [])]).toEqual(["read", "propose"]);
    expect(await access.tokens.list()).toMatchObject([
      { id: made.id, lastUsedAt: "2026-11-22T12:00:00.000Z" },
    ]);
    expect(JSON.stringify(await opened.db.selectFrom("api_token").selectAll().execute())).not.toContain(
      made.token,
    );
    minutes(2 * 24 * 60);
    expect(await identify()).toBeUndefined();
    const second = await access.tokens.create(admin, { name: "ci 2", permissions: ["read"], days: 2 });
    await access.tokens.revoke(admin, second.id);
    expect(await access.identifyBearer(second.token, { onThisMachine: true })).toBeUndefined();
    await expect(access.tokens.revoke(admin, second.id)).rejects.toMatchObject({ code: "not-found" });
    expect((await kinds()).slice(1)).toEqual([
      "access.token-created",
      "access.token-created",
      "access.token-revoked",
    ]);
  });

  test("are not accepted as a cookie, nor with a wrong checksum", async () => {
    const admin = await makeAdmin();
    const { token } = await access.tokens.create(admin, { name: "ci", permissions: ["read"], days: 2 });
    expect(await access.identifySession(token)).toBeUndefined();
    const last = token.endsWith("0") ? "1" : "0";
    expect(await access.identifyBearer(token.slice(0, -1) + last, { onThisMachine: true })).toBeUndefined();
  });

  test("cannot be given more than their maker has", async () => {
    const admin = await makeAdmin();
    const limited = await access.tokens.create(admin, {
      name: "half",
      permissions: ["read", "admin"],
      days: 2,
    });
    const maker = await access.identifyBearer(limited.token, { onThisMachine: false });
    if (maker === undefined) throw new Error("the token is not valid");
    const asked = access.tokens.create(maker, { name: "more", permissions: ["approve"], days: 2 });
    await expect(asked).rejects.toThrow("You cannot give what you do not have: approve.");
  });
});

describe("the command line on the server's machine", () => {
  const cliToken = "token-in-the-file-of-the-command-line";

  async function commandLine(): Promise<Identity> {
    const identity = await access.identifyBearer(cliToken, { onThisMachine: true });
    if (identity === undefined) throw new Error("the command line is not known");
    return identity;
  }

  beforeEach(() => {
    access.allowCli({ tokenSha256: sha256(cliToken), uid: 1000 });
  });

  test("may propose and approve weakly, but administers only for five minutes after an admin's password", async () => {
    await makeAdmin();
    const before = await commandLine();
    expect(before).toMatchObject({ actor: { kind: "cli", name: "cli on server, uid 1000" }, strong: false });
    expect(() => authorize(before, "approve")).not.toThrow();
    expect(() => authorize(before, "admin")).toThrow(/password of an admin/);
    expect(() => authorize(before, "recover")).not.toThrow();
    const after = await access.confirmPassword(before, { username: "ada", password }, here);
    expect(after.strong).toBe(true);
    expect(() => authorize(after, "admin")).not.toThrow();
    expect(describeMe(await commandLine()).passwordUntil).toBe("2026-11-22T12:05:00.000Z");
    minutes(5);
    expect(await commandLine()).toMatchObject({ strong: false, password: null });
    expect(describeMe(await commandLine()).permissions).toEqual([
      "read",
      "propose",
      "preview",
      "operate",
      "approve",
    ]);
    expect((await audits()).at(-1)).toEqual({
      kind: "access.cli-password",
      actor: "cli on server, uid 1000",
      data: { username: "ada" },
    });
  });

  test("gets from a password no more than its user may do", async () => {
    const admin = await makeAdmin();
    await access.users.create(admin, { username: "vera", password, role: "viewer" });
    const after = await access.confirmPassword(await commandLine(), { username: "vera", password }, here);
    expect(after.strong).toBe(false);
    expect(after.permissions.has("admin")).toBe(false);
  });

  test("is slowed down by wrong passwords, and not known from other machines", async () => {
    await makeAdmin();
    const identity = await commandLine();
    for (let i = 0; i < 5; i++) {
      const tried = access.confirmPassword(identity, { username: "ada", password: "wrong wrong" }, here);
      await expect(tried).rejects.toMatchObject({ code: "not-signed-in" });
    }
    const tried = access.confirmPassword(identity, { username: "ada", password }, here);
    await expect(tried).rejects.toMatchObject({ code: "too-many-requests" });
    expect((await commandLine()).strong).toBe(false);
    expect(await access.identifyBearer(cliToken, { onThisMachine: false })).toBeUndefined();
    expect(await access.identifySession(cliToken)).toBeUndefined();
  });
});
