import http from "node:http";
import https from "node:https";
import path from "node:path";
import { openDatabase } from "../../adapters/database/open.ts";
import { createTestDatabase } from "../../adapters/database/testing.ts";
import type { Role } from "../../contracts/access.ts";
import { createAccess, type Access } from "../../engine/access/access.ts";
import { sha256 } from "../../engine/access/credentials.ts";
import type { Database, Tables } from "../../engine/schema.ts";
import { createHttpServer, type HttpConfig, type HttpServer } from "../server.ts";
import { createMemoryEngine, type MemoryEngine } from "./memory-engine.ts";

/*
 * A real server on a free port over a real database, for tests; the use cases behind it are `createMemoryEngine`'s.
 */

const migrations = path.resolve(import.meta.dirname, "../../engine/migrations");

export interface TestStore extends AsyncDisposable {
  readonly db: Database;
}

/** A fresh database with the schema. */
export async function openTestStore(): Promise<TestStore> {
  const database = await createTestDatabase({ migrations });
  const opened = openDatabase<Tables>({ connection: database.connection, poolSize: 4 });
  return {
    db: opened.db,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

export interface TestServer extends HttpServer {
  readonly access: Access;
  readonly engine: MemoryEngine;
  /** Lines of the log. */
  readonly log: string[];
}

export interface TestServerOptions {
  readonly db: Database;
  readonly config?: Partial<HttpConfig>;
  readonly now?: () => Date;
  readonly pingEvery?: number;
  /** Folder with the dashboard; default: what this checkout has built, if anything. */
  readonly dashboard?: string;
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const now = options.now ?? ((): Date => new Date());
  const access = createAccess({ db: options.db, clock: { now } });
  const engine = createMemoryEngine();
  const log: string[] = [];
  const server = await createHttpServer({
    engine,
    access,
    config: { host: "127.0.0.1", port: 0, allowedHosts: [], ...options.config },
    version: "0.1.0",
    log: { write: (line) => log.push(line) },
    now,
    ...(options.pingEvery === undefined ? {} : { pingEvery: options.pingEvery }),
    ...(options.dashboard === undefined ? {} : { dashboard: options.dashboard }),
  });
  return { ...server, [Symbol.asyncDispose]: server.close, access, engine, log };
}

export const testPassword = "a long password";
export const cliToken = "token-in-the-file-of-the-command-line";

/** One user per role, each with a session; the first of them is the admin `ada`. */
export async function makeUsers(access: Access): Promise<Record<Role, string>> {
  const address = "127.0.0.1";
  const code = (await access.startSetup())?.code ?? "";
  const first = await access.setup({ code, username: "ada", password: testPassword }, { address });
  const admin = await access.identifySession(first.token);
  if (admin === undefined) throw new Error("set-up gave no session");
  const others = (["viewer", "operator", "approver"] as const).map(async (role) => {
    await access.users.create(admin, { username: role, password: testPassword, role });
    return [
      role,
      (await access.login({ username: role, password: testPassword }, { address })).token,
    ] as const;
  });
  const tokens = Object.fromEntries(await Promise.all(others)) as Record<Exclude<Role, "admin">, string>;
  access.allowCli({ tokenSha256: sha256(cliToken), uid: 1000 });
  return { ...tokens, admin: first.token };
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
}

export interface Received {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** Sends exactly these headers, Host and Origin included, which `fetch` would not. */
export function send(server: HttpServer, path: string, sent: Sent = {}): Promise<Received> {
  const text =
    sent.body === undefined || typeof sent.body === "string" ? sent.body : JSON.stringify(sent.body);
  const options = {
    host: "127.0.0.1",
    port: server.port,
    path,
    method: sent.method ?? "GET",
    headers: { ...(text === undefined ? {} : { "content-type": "application/json" }), ...sent.headers },
    rejectUnauthorized: false,
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const request = (server.address.startsWith("https") ? https : http).request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: body,
          json: parse(body),
        });
      });
    });
    request.on("error", reject);
    request.end(text);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
