import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Permission } from "../contracts/access.ts";
import { decideAccess, rolePermissions, type AccessRule, type Identity } from "../engine/access/roles.ts";
import { guardRequests } from "./identify.ts";
import { buildApp } from "./server.ts";
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

/** Written by hand, so that a change of a route's permission has to be meant. */
const expected: Readonly<Record<string, AccessRule>> = {
  "POST /setup": "public",
  "POST /login": "public",
  "POST /password": "signed-in",
  "GET /me": "signed-in",
  "GET /users": "admin",
  "POST /users": "admin",
  "POST /users/:name/reset": "recover",
  "GET /tokens": "admin",
  "POST /tokens": "admin",
  "DELETE /tokens/:id": "admin",
  "POST /requests": "propose",
  "POST /dispatch": "propose",
  "GET /requests/:id": "read",
  "POST /requests/:id/answer": "propose",
  "GET /conversations": "read",
  "POST /conversations": "propose",
  "GET /conversations/:id": "read",
  "POST /conversations/:id/messages": "propose",
  "DELETE /conversations/:id": "propose",
  "GET /plans": "read",
  "GET /plans/:id": "read",
  "POST /plans/:id/approve": "approve",
  "POST /plans/:id/reject": "approve",
  "POST /plans/:id/revise": "propose",
  "GET /plans/:id/diff": "read",
  "GET /plans/:id/preview": "read",
  "POST /plans/:id/preview": "preview",
  "POST /plans/:id/preview/cancel": "preview",
  "GET /runs": "read",
  "GET /runs/:id": "read",
  "POST /runs/:id/cancel": "operate",
  "POST /runs/:id/pause": "operate",
  "POST /runs/:id/resume": "operate",
  "POST /runs/:id/mark": "approve",
  "POST /runs/:id/continue": "approve",
  "POST /runs/:id/probe": "propose",
  "POST /runs/:id/rollback": "propose",
  "POST /runs/:id/retry": "propose",
  "GET /runs/:id/events": "read",
  "GET /runs/:id/log": "read",
  "GET /runs/:id/hosts": "read",
  "GET /tasks/:id": "read",
  "POST /tasks/:id/cancel": "operate",
  "GET /agents": "read",
  "GET /agents/available-capacity": "read",
  "GET /agents/:id": "read",
  "POST /agents/invite": "admin",
  "POST /agents/:id/drain": "operate",
  "POST /agents/:id/revoke": "admin",
  "GET /dead-letters": "read",
  "POST /dead-letters/:id/replay": "admin",
  "DELETE /dead-letters/:id": "admin",
  "GET /playbooks": "read",
  "GET /playbooks/:id": "read",
  "POST /playbooks/refresh": "propose",
  "GET /aliases": "read",
  "DELETE /aliases/:id": "propose",
  "GET /audit/query": "read",
  "GET /audit/failures": "read",
  "GET /audit/by-service/:service": "read",
  "GET /audit/tasks/:id": "read",
  "GET /audit/checkpoint": "read",
  "GET /audit/proof/:index": "read",
  "GET /audit/export": "read",
  "POST /audit/verify": "read",
  "GET /secrets": "admin",
  "PUT /secrets/:name": "admin",
  "DELETE /secrets/:name": "admin",
  "POST /secrets/:name/reveal": "admin",
  "GET /repositories": "read",
  "POST /repositories": "admin",
  "DELETE /repositories/:name": "admin",
  "POST /repositories/:name/pull": "admin",
  "GET /repositories/:name/trust": "read",
  "POST /repositories/:name/trust": "admin",
  "DELETE /repositories/:name/trust": "admin",
  "GET /machines": "read",
  "POST /machines/check": "propose",
  "POST /machines/facts": "propose",
  "POST /stream/ticket": "read",
  // Last: it ends the session that the row was tried with.
  "POST /logout": "signed-in",
};

/** Whom each rule lets in, by hand as well. */
const letsIn: Readonly<Record<AccessRule, readonly string[]>> = {
  public: [
    "nobody",
    "viewer",
    "operator",
    "approver",
    "admin",
    "reader-token",
    "approver-token",
    "cli",
    "cli+password",
  ],
  "signed-in": [
    "viewer",
    "operator",
    "approver",
    "admin",
    "reader-token",
    "approver-token",
    "cli",
    "cli+password",
  ],
  read: ["viewer", "operator", "approver", "admin", "reader-token", "cli", "cli+password"],
  propose: ["operator", "approver", "admin", "cli", "cli+password"],
  preview: ["operator", "approver", "admin", "cli", "cli+password"],
  operate: ["operator", "approver", "admin", "cli", "cli+password"],
  approve: ["approver", "admin", "approver-token", "cli", "cli+password"],
  admin: ["admin", "cli+password"],
  recover: ["admin", "cli", "cli+password"],
};

let store: TestStore;
let server: TestServer;

beforeAll(async () => {
  store = await openTestStore();
  server = await startTestServer({ db: store.db });
});
afterAll(async () => {
  await server.close();
  await store[Symbol.asyncDispose]();
});

/** Headers of each kind of caller; called in the order of the rows, since the password of the last one changes `cli`. */
async function makeCallers(): Promise<[string, () => Promise<Record<string, string>>][]> {
  const sessions = await makeUsers(server.access);
  const admin = await server.access.identifySession(sessions.admin);
  if (admin === undefined) throw new Error("no admin");
  const token = async (permission: Permission): Promise<Record<string, string>> =>
    bearer(
      (await server.access.tokens.create(admin, { name: permission, permissions: [permission], days: 1 }))
        .token,
    );
  const reader = await token("read");
  const approver = await token("approve");
  const fixed = (headers: Record<string, string>) => (): Promise<Record<string, string>> =>
    Promise.resolve(headers);
  return [
    ["nobody", fixed({})],
    ["viewer", fixed(bearer(sessions.viewer))],
    ["operator", fixed(bearer(sessions.operator))],
    ["approver", fixed(bearer(sessions.approver))],
    ["admin", fixed(bearer(sessions.admin))],
    ["reader-token", fixed(reader)],
    ["approver-token", fixed(approver)],
    ["cli", fixed(bearer(cliToken))],
    [
      "cli+password",
      async () => {
        const typed = { username: "ada", password: testPassword };
        await send(server, "/api/v1/password", { method: "POST", headers: bearer(cliToken), body: typed });
        return bearer(cliToken);
      },
    ],
  ];
}

function fill(route: string): string {
  const { ids } = server.engine;
  const id = route.includes("/runs/") ? ids.run : route.includes("/plans/") ? ids.plan : ids.agent;
  return route
    .replace(":name", "NOBODY_KNOWS")
    .replace(":service", "kuma")
    .replace(":index", "2")
    .replace(":id", id);
}

describe("permissions", () => {
  test("are named by every route, and by the one that is written here", async () => {
    const { app, routes } = await buildApp({
      engine: server.engine,
      access: server.access,
      config: { host: "127.0.0.1", port: 0, allowedHosts: [] },
      version: "0.1.0",
    });
    const registered = Object.fromEntries(
      routes.map((route) => [`${route.method} ${route.path}`, route.permission]),
    );
    await app.close();
    expect(registered).toEqual(expected);
  });

  test("are missing from no route: the server would not start", async () => {
    const app = fastify();
    guardRequests(app, {
      access: server.access,
      listen: () => ({ scheme: "http", port: 1, host: "127.0.0.1", allowedHosts: [] }),
    });
    expect(() => app.get("/forgotten", () => "secret")).toThrow("GET /forgotten names no permission");
    await app.close();
  });

  test("[MSG-03] decide every route for every kind of caller, before anything of the body is read", async () => {
    const wrong: string[] = [];
    let cells = 0;
    for (const [who, headersOf] of await makeCallers()) {
      const headers = await headersOf();
      for (const [route, rule] of Object.entries(expected)) {
        const [method = "", at = ""] = route.split(" ");
        const { status } = await send(server, `/api/v1${fill(at)}`, { method, headers });
        const refusal = who === "nobody" ? 401 : 403;
        const good = letsIn[rule].includes(who)
          ? status !== 401 && status !== 403 && status < 500
          : status === refusal;
        cells++;
        if (!good) wrong.push(`${who} ${route} -> ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(cells).toBe(9 * Object.keys(expected).length);
  });

  test("follow from the role, and admin is the only role that has them all", () => {
    const rules: AccessRule[] = [
      "read",
      "propose",
      "preview",
      "operate",
      "approve",
      "admin",
      "recover",
      "signed-in",
      "public",
    ];
    const allowed = (permissions: readonly Permission[]): string[] => {
      const identity: Identity = {
        kind: "user",
        actor: { kind: "user", name: "x", id: null },
        permissions: new Set(permissions),
        strong: true,
        key: "user:x",
        sessionId: null,
        password: null,
      };
      return rules.filter((rule) => decideAccess(identity, rule) === "allowed");
    };
    expect(allowed(rolePermissions.viewer)).toEqual(["read", "signed-in", "public"]);
    expect(allowed(rolePermissions.operator)).toEqual([
      "read",
      "propose",
      "preview",
      "operate",
      "signed-in",
      "public",
    ]);
    expect(allowed(rolePermissions.approver)).toEqual([
      "read",
      "propose",
      "preview",
      "operate",
      "approve",
      "signed-in",
      "public",
    ]);
    expect(allowed(rolePermissions.admin)).toEqual(rules);
    expect(rules.filter((rule) => decideAccess(undefined, rule) === "allowed")).toEqual(["public"]);
  });
});

describe("the OpenAPI document", () => {
  interface OpenApi {
    openapi: string;
    info: { version: string };
    paths: Record<string, Record<string, { security?: unknown[]; responses: Record<string, unknown> }>>;
    components: { schemas: Record<string, unknown> };
  }

  test("[MSG-03] has every route, with its security, its problem and resolvable references", async () => {
    const answer = await send(server, "/api/v1/openapi.json");
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    const document = answer.json as OpenApi;
    expect(document.openapi).toBe("3.1.0");
    expect(document.info.version).toBe("0.1.0");
    const described = Object.entries(document.paths).flatMap(([at, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${at}`),
    );
    const wanted = [...Object.keys(expected), "GET /stream"].map((route) => {
      const [method, at = ""] = route.split(" ");
      return `${method} /api/v1${at.replaceAll(/:(\w+)/g, "{$1}")}`;
    });
    expect(described.toSorted()).toEqual(wanted.toSorted());
    for (const [route, rule] of Object.entries(expected)) {
      const [method = "", at = ""] = route.split(" ");
      const operation = document.paths[`/api/v1${at.replaceAll(/:(\w+)/g, "{$1}")}`]?.[method.toLowerCase()];
      expect(operation?.security, route).toHaveLength(rule === "public" ? 0 : 2);
      expect(operation?.responses["default"], route).toBeDefined();
    }
    const { responses } = document.paths["/api/v1/audit/export"]?.["get"] ?? {};
    expect(responses).toMatchObject({
      "200": {
        content: { "application/x-ndjson": { schema: { $ref: expect.stringContaining("AuditExportLine") } } },
      },
      default: { content: { "application/problem+json": {} } },
    });
    const references = [...answer.text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name ?? "",
    );
    expect(references.length).toBeGreaterThan(20);
    expect(answer.text).not.toMatch(/\$defs|__shared|"additionalProperties":false|9007199254740991/);
    expect(references.filter((name) => document.components.schemas[name] === undefined)).toEqual([]);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(["Plan", "Run", "Problem", "LiveEvent"]),
    );
  });
});
