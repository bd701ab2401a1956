import net from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Role } from "../contracts/access.ts";
import { Problem } from "../contracts/problem.ts";
import { ChiffonError } from "../domain/errors.ts";
import {
  bearer,
  makeUsers,
  openTestStore,
  send,
  startTestServer,
  testPassword,
  type TestServer,
  type TestStore,
} from "./testing/server.ts";

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

describe("problems", () => {
  test("are RFC 9457 documents that say which field is wrong and what is right", async () => {
    const answer = await send(server, "/api/v1/requests", {
      method: "POST",
      headers: admin(),
      body: { text: "x", priority: 9, highValue: "do not repeat me" },
    });
    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    const problem = Problem.parse(answer.json);
    expect(problem).toMatchObject({
      type: "urn:chiffon:problem:bad-input",
      code: "bad-input",
      retryable: false,
    });
    expect(problem.detail).toMatch(/priority: .*5/);
    expect(problem.detail).toContain("highValue: ");
    expect(answer.text).not.toContain("do not repeat me");
  });

  test("come for every kind of bad request", async () => {
    const post = (body: unknown, headers: Record<string, string> = {}): ReturnType<typeof send> =>
      send(server, "/api/v1/requests", { method: "POST", headers: { ...admin(), ...headers }, body });
    const cases: [Promise<{ status: number; json: unknown; text: string }>, number, RegExp][] = [
      [send(server, "/nothing"), 404, /no GET at this address/],
      [send(server, "/api/v1/requests", { method: "DELETE", headers: admin() }), 404, /no DELETE/],
      [send(server, "/api/v1/requests/not-an-id", { headers: admin() }), 400, /id: /],
      [send(server, "/api/v1/plans?limit=0", { headers: admin() }), 400, /limit: /],
      [send(server, "/api/v1/%ff", { headers: admin() }), 400, /malformed/],
      [send(server, "/api/v1/audit/by-service/a%00b", { headers: admin() }), 400, /NUL/],
      [send(server, "/api/v1/me", { headers: bearer("chf_wrong") }), 401, /who you are/],
      [send(server, "/api/v1/me", { headers: { authorization: "Basic YTpi" } }), 401, /who you are/],
      [post({}), 400, /text: /],
      [post("{"), 400, /malformed/],
      [post('{"__proto__": {"a": 1}, "text": "x"}'), 400, /malformed/],
      [post('{"text": "a\\u0000b"}'), 400, /NUL/],
      [post('{"text": "a\\ud800b"}'), 400, /half a character/],
      [post("text=hello", { "content-type": "application/x-www-form-urlencoded" }), 415, /content type/],
      [post('{"text": "hello"}', { "content-type": "text/plain" }), 415, /content type/],
      [post({ text: "x".repeat(1_048_577) }), 413, /larger than 1 MB/],
    ];
    for (const [sent, status, detail] of cases) {
      const answer = await sent;
      const problem = Problem.parse(answer.json);
      expect({ status: answer.status, detail: problem.detail }).toEqual({
        status,
        detail: expect.stringMatching(detail),
      });
      expect(problem.status).toBe(status);
    }
  });

  test("come even for what is no HTTP, and for headers that are too large", async () => {
    const raw = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let answer = "";
        const socket = net.connect(server.port, "127.0.0.1", () => socket.write(text));
        socket.on("data", (chunk: Buffer) => (answer += chunk.toString("utf8")));
        socket.on("error", reject);
        socket.on("close", () => resolve(answer));
      });
    const garbage = await raw("hello?\r\n\r\n");
    expect(garbage).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/);
    expect(Problem.parse(JSON.parse(garbage.split("\r\n\r\n")[1] ?? "")).status).toBe(400);
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  test("of the inside say nothing about it, but stand in the log under the id that the person gets", async () => {
    server.engine.failNext(new Error("password of the database is xyzzy"));
    const answer = await send(server, "/api/v1/requests", {
      method: "POST",
      headers: admin(),
      body: { text: "x" },
    });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("xyzzy");
    const id = /[0-9a-f-]{36}/.exec(Problem.parse(answer.json).hint ?? "")?.[0] ?? "?";
    const line = server.log.find((entry) => entry.includes(id) && entry.includes("request failed"));
    expect(line).toContain("xyzzy");
  });

  test("that a person can mend keep their message, hint and status", async () => {
    server.engine.failNext(
      new ChiffonError("database-unavailable", "The database is away.", { hint: "Start it." }),
    );
    const answer = await send(server, "/api/v1/requests", {
      method: "POST",
      headers: admin(),
      body: { text: "x" },
    });
    expect(answer.json).toMatchObject({
      status: 503,
      detail: "The database is away.",
      hint: "Start it.",
      retryable: true,
    });
  });

  test("come with the time to wait when there were too many guesses", async () => {
    await using other = await startTestServer({ db: store.db });
    const guess = { method: "POST", body: { username: "nobody-here", password: "wrong wrong" } };
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await send(other, "/api/v1/login", guess)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(Number((await send(other, "/api/v1/login", guess)).headers["retry-after"])).toBeGreaterThan(0);
    for (let i = 7; i < 30; i++) await send(other, "/api/v1/login", { ...guess, body: {} });
    const limited = await send(other, "/api/v1/login", {
      ...guess,
      body: { username: "ada", password: testPassword },
    });
    expect(limited).toMatchObject({ status: 429, json: { code: "too-many-requests" } });
  });
});

describe("a repeated write", () => {
  const create = (key: string, text: string, token = sessions.admin): ReturnType<typeof send> =>
    send(server, "/api/v1/requests", {
      method: "POST",
      headers: { ...bearer(token), "idempotency-key": key },
      body: { text },
    });

  test("with the same key is done once and answered the same", async () => {
    const before = server.engine.calls.length;
    const first = await create("key-1", "Deploy the status page");
    const second = await create("key-1", "Deploy the status page");
    expect(second).toMatchObject({ status: 201, text: first.text });
    expect(server.engine.calls).toHaveLength(before + 1);
    expect(await create("key-1", "Something else")).toMatchObject({
      status: 409,
      json: { code: "conflict" },
    });
    expect((await create("key-1", "Deploy the status page", sessions.operator)).text).not.toBe(first.text);
    expect((await create("two words", "x")).status).toBe(400);
  });

  test("at the same time is done once", async () => {
    const before = server.engine.calls.length;
    const release = server.engine.hold();
    const statuses: number[] = [];
    const sent = [1, 2, 3].map(async () => statuses.push((await create("key-2", "Restart nginx")).status));
    await expect.poll(() => statuses).toEqual([409, 409]);
    expect(server.engine.calls).toHaveLength(before + 1);
    release();
    await Promise.all(sent);
    expect(statuses).toEqual([409, 409, 201]);
    expect((await create("key-2", "Restart nginx")).status).toBe(201);
    expect(server.engine.calls).toHaveLength(before + 1);
  });

  test("that failed is tried again; one that answered with a secret is not repeated", async () => {
    server.engine.failNext(new ChiffonError("database-unavailable", "away"));
    expect((await create("key-3", "Stop nginx")).status).toBe(503);
    expect((await create("key-3", "Stop nginx")).status).toBe(201);
    const token = {
      method: "POST",
      headers: { ...admin(), "idempotency-key": "key-4" },
      body: { name: "twice", permissions: ["read"] },
    };
    expect((await send(server, "/api/v1/tokens", token)).status).toBe(201);
    expect(await send(server, "/api/v1/tokens", token)).toMatchObject({ status: 409 });
  });
});
