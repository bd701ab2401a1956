import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  bearer,
  makeUsers,
  send,
  startTestServer,
  type TestServer,
  openTestStore,
  type TestStore,
} from "./testing/server.ts";

let store: TestStore;
let server: TestServer;
let session = "";

beforeAll(async () => {
  store = await openTestStore();
  server = await startTestServer({ db: store.db, config: { allowedHosts: ["garden.local"] } });
  session = (await makeUsers(server.access)).admin;
});
afterAll(async () => {
  await server.close();
  await store[Symbol.asyncDispose]();
});

type Credential = "cookie" | "bearer" | "both" | "none";
type Row = readonly [
  host: string,
  origin: string | undefined,
  fetchSite: string | undefined,
  credential: Credential,
  status: number,
];

/** PORT stands for the server's port. */
const writes: readonly Row[] = [
  // A page of our own, under each of our names.
  ["127.0.0.1:PORT", "http://127.0.0.1:PORT", "same-origin", "cookie", 201],
  ["localhost:PORT", "http://localhost:PORT", "same-origin", "cookie", 201],
  ["[::1]:PORT", "http://[::1]:PORT", "same-origin", "cookie", 201],
  ["garden.local:PORT", "http://garden.local:PORT", undefined, "cookie", 201],
  ["LOCALHOST:PORT", "http://localhost:PORT", "same-origin", "cookie", 201],
  // Another page that makes the browser send our cookie.
  ["127.0.0.1:PORT", "https://evil.example", "cross-site", "cookie", 403],
  ["127.0.0.1:PORT", "http://127.0.0.1:3000", "same-site", "cookie", 403],
  ["127.0.0.1:PORT", "http://localhost:PORT", "same-site", "cookie", 403],
  ["127.0.0.1:PORT", "https://127.0.0.1:PORT", "cross-site", "cookie", 403],
  ["127.0.0.1:PORT", "null", "cross-site", "cookie", 403],
  ["127.0.0.1:PORT", "null", undefined, "cookie", 403],
  ["127.0.0.1:PORT", undefined, undefined, "cookie", 403],
  ["127.0.0.1:PORT", undefined, "same-origin", "cookie", 403],
  ["127.0.0.1:PORT", "http://127.0.0.1:PORT", "cross-site", "cookie", 403],
  ["127.0.0.1:PORT", "http://127.0.0.1:PORT", "none", "cookie", 403],
  ["127.0.0.1:PORT", "http://127.0.0.1:PORT.evil.example", undefined, "cookie", 403],
  // A name of somebody else that points here.
  ["evil.example:PORT", "http://evil.example:PORT", "same-origin", "cookie", 403],
  ["evil.example:PORT", "http://evil.example:PORT", "same-origin", "bearer", 403],
  ["evil.example", "http://evil.example", "same-origin", "cookie", 403],
  ["127.0.0.1", "http://127.0.0.1", "same-origin", "cookie", 403],
  ["localhost.:PORT", "http://localhost.:PORT", "same-origin", "cookie", 403],
  ["127.0.0.1:1", "http://127.0.0.1:1", "same-origin", "bearer", 403],
  // Programs.
  ["127.0.0.1:PORT", undefined, undefined, "bearer", 201],
  ["127.0.0.1:PORT", "https://evil.example", "cross-site", "bearer", 201],
  ["127.0.0.1:PORT", undefined, undefined, "both", 201],
  // Nobody.
  ["127.0.0.1:PORT", "http://127.0.0.1:PORT", "same-origin", "none", 401],
  ["127.0.0.1:PORT", undefined, undefined, "none", 401],
  ["evil.example:PORT", undefined, undefined, "none", 403],
];

const reads: readonly Row[] = [
  ["127.0.0.1:PORT", undefined, "same-origin", "cookie", 200],
  ["127.0.0.1:PORT", undefined, "none", "cookie", 200],
  ["127.0.0.1:PORT", undefined, undefined, "cookie", 200],
  ["127.0.0.1:PORT", "https://evil.example", "cross-site", "cookie", 403],
  ["127.0.0.1:PORT", undefined, "same-site", "cookie", 403],
  ["127.0.0.1:PORT", "https://evil.example", "cross-site", "bearer", 200],
  ["evil.example:PORT", undefined, "same-origin", "cookie", 403],
];

/** For sockets the credential is the one that the ticket was made with; 101 means that the stream began. */
const sockets: readonly Row[] = [
  ["127.0.0.1:PORT", "http://127.0.0.1:PORT", undefined, "cookie", 101],
  ["localhost:PORT", "http://localhost:PORT", undefined, "cookie", 101],
  ["garden.local:PORT", "http://garden.local:PORT", undefined, "cookie", 101],
  ["127.0.0.1:PORT", undefined, undefined, "cookie", 403],
  ["127.0.0.1:PORT", "null", undefined, "cookie", 403],
  ["127.0.0.1:PORT", "https://evil.example", undefined, "cookie", 403],
  ["127.0.0.1:PORT", "http://127.0.0.1:3000", undefined, "cookie", 403],
  ["127.0.0.1:PORT", "http://localhost:PORT", undefined, "cookie", 403],
  ["evil.example:PORT", "http://evil.example:PORT", undefined, "cookie", 403],
  ["127.0.0.1:PORT", undefined, undefined, "bearer", 101],
  ["127.0.0.1:PORT", "http://127.0.0.1:PORT", undefined, "bearer", 101],
  ["127.0.0.1:PORT", "https://evil.example", undefined, "bearer", 403],
  ["evil.example:PORT", undefined, undefined, "bearer", 403],
  ["127.0.0.1:PORT", "http://127.0.0.1:PORT", undefined, "none", 401],
];

function name([host, origin, fetchSite, credential, status]: Row): string {
  return `${status}: ${credential}, Host ${host}, Origin ${origin ?? "none"}, Sec-Fetch-Site ${fetchSite ?? "none"}`;
}

function headersOf([host, origin, fetchSite, credential]: Row): Record<string, string> {
  const here = (text: string): string => text.replace("PORT", String(server.port));
  return {
    host: here(host),
    ...(origin === undefined ? {} : { origin: here(origin) }),
    ...(fetchSite === undefined ? {} : { "sec-fetch-site": fetchSite }),
    ...(credential === "cookie" || credential === "both" ? { cookie: `chiffon_session=${session}` } : {}),
    ...(credential === "bearer" || credential === "both" ? bearer(session) : {}),
  };
}

async function makeTicket(credential: Credential): Promise<string> {
  const base: Row = ["127.0.0.1:PORT", "http://127.0.0.1:PORT", undefined, credential, 201];
  const answer = await send(server, "/api/v1/stream/ticket", { method: "POST", headers: headersOf(base) });
  return answer.status === 201 ? (answer.json as { ticket: string }).ticket : "made-up";
}

function connect(ticket: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/stream?ticket=${ticket}`, { headers });
  return new Promise((resolve, reject) => {
    socket.on("open", () => {
      resolve(101);
      socket.terminate();
    });
    socket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
    });
    socket.on("error", reject);
  });
}

test.each(writes.map((row) => [name(row), row] as const))(
  "A change is answered with %s",
  async (_name, row) => {
    const answer = await send(server, "/api/v1/requests", {
      method: "POST",
      headers: headersOf(row),
      body: { text: "x" },
    });
    expect(answer.status).toBe(row[4]);
  },
);

test.each(reads.map((row) => [name(row), row] as const))("A look is answered with %s", async (_name, row) => {
  expect((await send(server, "/api/v1/plans", { headers: headersOf(row) })).status).toBe(row[4]);
});

test.each(sockets.map((row) => [name(row), row] as const))(
  "A socket is answered with %s",
  async (_name, row) => {
    const ticket = await makeTicket(row[3]);
    const { cookie: _cookie, authorization: _authorization, ...headers } = headersOf(row);
    expect(await connect(ticket, headers)).toBe(row[4]);
  },
);

test("A foreign page cannot even sign somebody in", async () => {
  const login = (headers: Record<string, string>): ReturnType<typeof send> =>
    send(server, "/api/v1/login", { method: "POST", headers, body: {} });
  expect((await login({ origin: "https://evil.example", "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await login({ "sec-fetch-site": "same-site" })).status).toBe(403);
  expect((await login({ origin: server.address, "sec-fetch-site": "same-origin" })).status).toBe(400);
  expect((await login({})).status).toBe(400);
});

test("No answer lets another origin read it", async () => {
  const asked = { origin: "https://evil.example", "access-control-request-method": "POST" };
  for (const sent of [
    { method: "OPTIONS", headers: asked },
    { headers: { ...bearer(session), origin: "https://evil.example" } },
  ]) {
    const { headers } = await send(server, "/api/v1/plans", sent);
    expect(Object.keys(headers).filter((header) => header.startsWith("access-control-"))).toEqual([]);
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
  }
});

test("A session in a cookie of another name, an API token in the cookie, or a broken bearer token is nobody", async () => {
  const me = async (headers: Record<string, string>): Promise<number> =>
    (await send(server, "/api/v1/me", { headers })).status;
  expect(await me({ cookie: `__Host-chiffon=${session}` })).toBe(401);
  const admin = await server.access.identifySession(session);
  if (admin === undefined) throw new Error("no session");
  const { token } = await server.access.tokens.create(admin, { name: "t", permissions: ["read"], days: 1 });
  expect(await me(bearer(token))).toBe(200);
  expect(await me({ cookie: `chiffon_session=${token}` })).toBe(401);
  expect(await me({ cookie: `chiffon_session=${session}`, authorization: "Bearer nonsense" })).toBe(401);
});
