import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadOrCreateCertificate } from "../adapters/tls/certificate.ts";
import type { Role } from "../contracts/access.ts";
import {
  bearer,
  cliToken,
  makeUsers,
  send,
  startTestServer,
  testPassword,
  type TestServer,
  openTestStore,
  type TestStore,
} from "./testing/server.ts";
import { memoryUnit } from "./testing/memory-things.ts";

let store: TestStore;
let server: TestServer;
let sessions: Record<Role, string>;

beforeAll(async () => {
  store = await openTestStore();
  server = await startTestServer({ db: store.db });
  sessions = await makeUsers(server.access);
});
afterAll(async () => {
  await server.close();
  await store[Symbol.asyncDispose]();
});

const admin = (): { authorization: string } => bearer(sessions.admin);
const origin = (): string => server.address;

describe("signs of life", () => {
  test("answer without a session, and say no more than they have to", async () => {
    expect((await send(server, "/healthz")).json).toEqual({ status: "alive" });
    expect(await send(server, "/healthz", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    expect(await send(server, "/readyz")).toMatchObject({
      status: 200,
      json: { ready: true, agentsOnline: 1 },
    });
  });

  test("tell when the database is away", async () => {
    await using other = await startTestServer({ db: store.db });
    Object.assign(other.engine, { health: () => Promise.reject(new Error("no database")) });
    expect(await send(other, "/readyz")).toMatchObject({
      status: 503,
      json: { ready: false, database: false },
    });
    expect((await send(other, "/healthz")).status).toBe(200);
  });

  test("include a page that says what is there, under a policy that allows nothing else", async () => {
    await using bare = await startTestServer({ db: store.db, dashboard: os.tmpdir() });
    const page = await send(bare, "/");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.text).toContain("The dashboard was not built here");
    expect(page.text).not.toContain("<script");
  });

  test("include the dashboard for every address but the API's, under a policy that allows its own files only", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "chiffon-pages-"));
    await mkdir(path.join(folder, "assets"));
    await writeFile(path.join(folder, "index.html"), "<!doctype html><title>Chiffon</title>");
    await writeFile(path.join(folder, "assets/index-1.js"), "export {};");
    await using dashboard = await startTestServer({ db: store.db, dashboard: folder });
    const accept = { headers: { accept: "text/html,*/*" } };

    for (const at of ["/", "/runs/1", "/plans?state=proposed"]) {
      const page = await send(dashboard, at, accept);
      expect(page).toMatchObject({ status: 200, headers: { "cache-control": "no-cache" } });
      expect(page.text).toContain("<title>Chiffon</title>");
      const policy = String(page.headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(page.headers["strict-transport-security"]).toBeUndefined();
    }
    const script = await send(dashboard, "/assets/index-1.js");
    expect(script.headers["content-type"]).toContain("javascript");
    expect(script.headers["cache-control"]).toContain("immutable");
    for (const at of ["/api/v1/nothing", "/assets/nothing.js", "/nothing.js"])
      expect((await send(dashboard, at)).status).toBe(404);
    expect((await send(dashboard, "/api/v1/nothing", accept)).status).toBe(404);
    expect((await send(dashboard, "/assets/..%2f..%2fpackage.json")).status).toBe(403);
    await rm(folder, { recursive: true });
  });
});

describe("a browser's session", () => {
  const login = { method: "POST", body: { username: "ada", password: testPassword } };

  test("comes as a cookie that scripts and other sites cannot use, and goes at logout", async () => {
    const answer = await send(server, "/api/v1/login", { ...login, headers: { origin: origin() } });
    expect(answer).toMatchObject({ status: 200, json: { user: "ada", role: "admin" } });
    const [set = ""] = answer.headers["set-cookie"] ?? [];
    expect(set).toMatch(/^chiffon_session=chs_[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    const cookie = set.split(";", 1)[0] ?? "";
    expect((await send(server, "/api/v1/me", { headers: { cookie } })).json).toMatchObject({
      kind: "user",
      name: "ada",
    });
    const again = await send(server, "/api/v1/login", { ...login, headers: { cookie, origin: origin() } });
    expect((await send(server, "/api/v1/me", { headers: { cookie } })).status).toBe(401);
    const second = again.headers["set-cookie"]?.[0]?.split(";", 1)[0] ?? "";
    const out = await send(server, "/api/v1/logout", {
      method: "POST",
      headers: { cookie: second, origin: origin() },
    });
    expect(out.status).toBe(204);
    expect(out.headers["set-cookie"]?.[0]).toMatch(/^chiffon_session=; .*Expires=Thu, 01 Jan 1970/);
    expect((await send(server, "/api/v1/me", { headers: { cookie: second } })).status).toBe(401);
  });

  test("is not kept by any cache", async () => {
    expect((await send(server, "/api/v1/me", { headers: admin() })).headers["cache-control"]).toBe(
      "no-store",
    );
  });
});

describe("API tokens and users", () => {
  test("are made, used, listed and revoked", async () => {
    const made = await send(server, "/api/v1/tokens", {
      method: "POST",
      headers: admin(),
      body: { name: "ci", permissions: ["read"] },
    });
    expect(made.status).toBe(201);
    const { token, id } = made.json as { token: string; id: string };
    expect((await send(server, "/api/v1/me", { headers: bearer(token) })).json).toMatchObject({
      kind: "token",
      name: "ci",
    });
    const list = await send(server, "/api/v1/tokens", { headers: admin() });
    expect(list.text).not.toContain(token);
    expect(list.json).toMatchObject([{ id, name: "ci" }]);
    expect((await send(server, `/api/v1/tokens/${id}`, { method: "DELETE", headers: admin() })).status).toBe(
      204,
    );
    expect((await send(server, "/api/v1/me", { headers: bearer(token) })).status).toBe(401);
  });

  test("let the command line reset a user without a password, and the code sets a new one", async () => {
    const body = { username: "gwen", password: testPassword, role: "viewer" };
    expect((await send(server, "/api/v1/users", { method: "POST", headers: admin(), body })).status).toBe(
      201,
    );
    const reset = await send(server, "/api/v1/users/gwen/reset", {
      method: "POST",
      headers: bearer(cliToken),
    });
    expect(reset.status).toBe(201);
    const { code } = reset.json as { code: string };
    const setup = { code, username: "gwen", password: "quite another one" };
    expect(await send(server, "/api/v1/setup", { method: "POST", body: setup })).toMatchObject({
      status: 201,
    });
    expect((await send(server, "/api/v1/setup", { method: "POST", body: setup })).status).toBe(409);
  });

  test("let the command line administer for a while after the password of an admin", async () => {
    const headers = bearer(cliToken);
    expect((await send(server, "/api/v1/secrets", { headers })).status).toBe(403);
    const approve = { method: "POST", headers, body: { hash: "a".repeat(64) } };
    await send(server, `/api/v1/plans/${server.engine.ids.plan}/approve`, approve);
    const typed = { username: "ada", password: testPassword };
    const me = await send(server, "/api/v1/password", { method: "POST", headers, body: typed });
    expect(me.json).toMatchObject({ kind: "cli", passwordUntil: expect.any(String) });
    expect((await send(server, "/api/v1/secrets", { headers })).status).toBe(200);
    await send(server, `/api/v1/plans/${server.engine.ids.plan}/approve`, approve);
    const callers = server.engine.calls.filter(({ name }) => name === "plans.approve").map(({ by }) => by);
    expect(callers).toEqual([
      { actor: { kind: "cli", name: "cli on server, uid 1000", id: null }, strong: false },
      { actor: { kind: "cli", name: "cli on server, uid 1000, ada", id: "ada" }, strong: true },
    ]);
    await send(server, "/api/v1/logout", { method: "POST", headers });
    expect((await send(server, "/api/v1/secrets", { headers })).status).toBe(403);
  });
});

describe("routes", () => {
  test("[MSG-03] reach the use cases with parsed input", async () => {
    const { ids } = server.engine;
    const get = async (at: string): Promise<unknown> =>
      (await send(server, `/api/v1${at}`, { headers: admin() })).json;
    expect(await get(`/plans/${ids.plan.slice(0, 8)}`)).toMatchObject({ id: ids.plan });
    expect(await get("/plans?state=proposed&limit=1")).toMatchObject({
      items: [{ id: ids.plan }],
      next: null,
    });
    expect(await get(`/runs/${ids.run.slice(0, 8)}/log?after=4`)).toEqual({
      text: "PLAY [all]\n",
      next: 15,
      end: true,
    });
    expect(await get(`/runs/${ids.run}/hosts`)).toEqual([]);
    expect(await get(`/tasks/${ids.task}`)).toMatchObject({ runId: ids.run });
    expect(await get(`/agents/${ids.agent}`)).toMatchObject({ name: "here" });
    expect(await get("/agents/available-capacity?min_gpu_vram_gb=0.5&min_cpu_cores=2")).toMatchObject({
      needs: { gpu_vram_gb: 0.5, cpu_cores: 2 },
    });
    expect(await get("/agents/available-capacity?min_cpu_cores=-1")).toMatchObject({ code: "bad-input" });
    expect(await get(`/playbooks/${encodeURIComponent(memoryUnit.id)}`)).toMatchObject({
      name: "status-page",
    });
    expect(await get("/audit/checkpoint")).toMatchObject({ size: 3 });
    const cancel = { method: "POST", headers: admin() };
    expect((await send(server, `/api/v1/runs/${ids.run}/cancel`, cancel)).status).toBe(200);
    expect(server.engine.calls.at(-1)).toMatchObject({
      name: "runs.cancel",
      args: [ids.run, "no reason given"],
    });
    const one = { ...cancel, body: { reason: "wrong host" } };
    expect((await send(server, `/api/v1/tasks/${ids.task}/cancel`, one)).json).toMatchObject({
      state: "cancelled",
    });
    expect(server.engine.calls.at(-1)).toMatchObject({
      name: "tasks.cancel",
      args: [ids.task, "wrong host"],
    });
    await get("/audit/failures?days=2&service=kuma");
    expect(server.engine.calls.at(-1)?.args[0]).toMatchObject({
      service: "kuma",
      status: "failed,unknown",
      limit: 100,
    });
    await get("/audit/by-service/status%20page");
    expect(server.engine.calls.at(-1)?.args[0]).toMatchObject({ service: "status page" });
  });

  test("give the events of a run by number, at once or when there are some", async () => {
    await using other = await startTestServer({ db: store.db });
    const { engine } = other;
    const events = (query: string): ReturnType<typeof send> =>
      send(other, `/api/v1/runs/${engine.ids.run}/events?${query}`, { headers: admin() });
    const first = engine.append("one");
    const second = engine.append("two");
    expect((await events("after=0")).json).toEqual({ items: [first, second] });
    expect((await events("after=1&limit=1")).json).toEqual({ items: [second] });
    const waiting = events("after=2&wait=20");
    await expect.poll(() => engine.watchers()).toBe(1);
    const third = engine.append("three");
    expect((await waiting).json).toEqual({ items: [third] });
    expect((await events("after=3&wait=0.05")).json).toEqual({ items: [] });
    expect(engine.watchers()).toBe(0);
    expect((await events("after=3&wait=26")).status).toBe(400);
    const unknown = "/api/v1/runs/00000000-0000-4000-8000-000000000000/events";
    expect((await send(other, unknown, { headers: admin() })).status).toBe(404);
  });

  test("stop waiting for events when the client goes or the server stops", async () => {
    const other = await startTestServer({ db: store.db });
    const { engine } = other;
    const target = `/api/v1/runs/${engine.ids.run}/events?wait=25`;
    const socket = net.connect(other.port, "127.0.0.1");
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${other.port}\r\nAuthorization: Bearer ${sessions.admin}\r\n\r\n`,
    );
    await expect.poll(() => engine.watchers()).toBe(1);
    socket.destroy();
    await expect.poll(() => engine.watchers()).toBe(0);
    const waiting = send(other, target, { headers: admin() });
    await expect.poll(() => engine.watchers()).toBe(1);
    await other.close();
    expect((await waiting).json).toEqual({ items: [] });
  });
});

describe("the log", () => {
  test("has a line per answer without tokens, cookies, queries or names of secrets", async () => {
    const from = server.log.length;
    const cookie = "chiffon_session=chs_tasty";
    await send(server, "/api/v1/plans?cursor=hidden-cursor", { headers: { ...admin(), cookie } });
    await send(server, "/api/v1/secrets/HIDDEN_NAME/reveal", { method: "POST", headers: admin() });
    await expect.poll(() => server.log.length).toBe(from + 2);
    const lines = server.log.slice(from).join("");
    expect(JSON.parse(server.log[from] ?? "")).toMatchObject({
      msg: "answered",
      method: "GET",
      route: "/api/v1/plans",
      status: 200,
      who: "ada",
    });
    for (const hidden of [sessions.admin, "chs_tasty", "hidden-cursor", "HIDDEN_NAME"])
      expect(lines).not.toContain(hidden);
  });
});

describe("starting", () => {
  test("with TLS answers under the made certificate and gives a __Host- cookie", async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-http-tls-"));
    try {
      const tls = await loadOrCreateCertificate({ dir, hosts: ["localhost", "127.0.0.1"] });
      await using secure = await startTestServer({ db: store.db, config: { host: "0.0.0.0", tls } });
      const answer = await send(secure, "/api/v1/login", {
        method: "POST",
        headers: { origin: `https://127.0.0.1:${secure.port}` },
        body: { username: "ada", password: testPassword },
      });
      expect(answer.headers["set-cookie"]?.[0]).toMatch(
        /^__Host-chiffon=chs_[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
      );
      const plain = {
        headers: { host: `127.0.0.1:${secure.port}`, origin: `http://127.0.0.1:${secure.port}` },
      };
      const cookie = answer.headers["set-cookie"]?.[0]?.split(";", 1)[0] ?? "";
      const change = { method: "POST", headers: { ...plain.headers, cookie }, body: { text: "x" } };
      expect((await send(secure, "/api/v1/requests", change)).status).toBe(403);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test("and stopping again is not held up by connections that nobody uses", async () => {
    const other = await startTestServer({ db: store.db });
    const unused = net.connect(other.port, "127.0.0.1");
    await new Promise((resolve) => unused.once("connect", resolve));
    const ended = new Promise((resolve) => unused.once("close", resolve));
    unused.resume();
    await Promise.all([other.close(), other.close()]);
    await ended;
  }, 10_000);

  test("beyond loopback without TLS is refused, and so is a port that is taken", async () => {
    await expect(startTestServer({ db: store.db, config: { host: "0.0.0.0" } })).rejects.toThrow(
      /Without TLS/,
    );
    const taken = startTestServer({ db: store.db, config: { port: server.port } });
    await expect(taken).rejects.toMatchObject({
      code: "port-in-use",
      hint: expect.stringContaining("--port"),
    });
    const elsewhere = startTestServer({ db: store.db, config: { host: "127.0.0.1", port: 70_000 } });
    await expect(elsewhere).rejects.toThrow(/port/i);
  });
});
