import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { ChiffonError } from "../domain/errors.ts";
import { connectTo } from "./connect.ts";
import type { ServerAddress } from "./find-server.ts";

const largestAnswer = 128 * 1_048_576;

export interface HttpCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Takes a good answer as it comes, of any length; its `text` is empty then. */
  readonly onText?: (text: string) => Promise<void>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** The connection failed. `sent`: whether the server may have done what it was asked. */
export class ConnectionError extends Error {
  readonly sent: boolean;

  constructor(cause: unknown, sent: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.sent = sent;
  }
}

/** The address of a path, below whatever path the server's own address has. */
export function urlOf(server: ServerAddress, path: string): URL {
  return new URL(server.url.origin + server.url.pathname.replace(/\/+$/, "") + path);
}

/** One request on a connection of its own. Rejects with ConnectionError, a ChiffonError or the signal's reason. */
export async function callHttp(server: ServerAddress, call: HttpCall): Promise<HttpAnswer> {
  const socket = await connectTo(server, call.signal).catch((error: unknown) => {
    throw wrap(error, { call, sent: false });
  });
  const timeout = AbortSignal.timeout(call.timeoutMs);
  try {
    return await exchange(server, { call, socket, signal: AbortSignal.any([call.signal, timeout]) });
  } catch (error) {
    const late = new Error(`no answer within ${call.timeoutMs / 1_000} s`);
    throw wrap(timeout.aborted ? late : error, { call, sent: true });
  } finally {
    socket.destroy();
  }
}

/** What ended a call: the caller's own wish and errors that explain themselves stay as they are. */
function wrap(error: unknown, { call, sent }: { call: HttpCall; sent: boolean }): unknown {
  if (call.signal.aborted) return call.signal.reason;
  return ChiffonError.is(error) ? error : new ConnectionError(error, sent);
}

interface Exchange {
  readonly call: HttpCall;
  readonly socket: Socket;
  readonly signal: AbortSignal;
}

async function exchange(server: ServerAddress, { call, socket, signal }: Exchange): Promise<HttpAnswer> {
  const text = call.body === undefined ? undefined : JSON.stringify(call.body);
  const request = (server.url.protocol === "https:" ? https : http).request(urlOf(server, call.path), {
    method: call.method,
    headers: {
      accept: "application/json",
      connection: "close",
      ...(text === undefined ? {} : { "content-type": "application/json" }),
      ...(server.token === undefined ? {} : { authorization: `Bearer ${server.token}` }),
      ...call.headers,
    },
    signal,
    createConnection: () => socket,
  });
  request.end(text);
  const response: http.IncomingMessage = await new Promise((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
  });
  const status = response.statusCode ?? 0;
  const good = status >= 200 && status < 300;
  if (call.onText === undefined || !good) return { status, text: await readAll(response) };
  response.setEncoding("utf8");
  for await (const text of response) await call.onText(String(text));
  return { status, text: "" };
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largestAnswer) {
      throw new ChiffonError("too-large", "The server's answer is larger than 128 MB.", {
        hint: "Ask for less at once.",
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
