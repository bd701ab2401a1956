import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Problem } from "../contracts/problem.ts";
import { ChiffonError, errorTable, type ErrorCode } from "../domain/errors.ts";
import { callHttp, ConnectionError, type HttpAnswer } from "./http-call.ts";
import type { ServerAddress } from "./find-server.ts";

/** A call of the API and the contract of its answer. */
export interface ApiCall<A extends z.ZodType> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly answer: A;
  /** Default 60 s. */
  readonly timeoutMs?: number;
  /** True for the few writes that the server does not recognise when they come twice: they are sent once. */
  readonly once?: boolean;
}

export interface Client {
  /** Throws ChiffonError: what the server's problem document says, or `server-unreachable`. */
  call<A extends z.ZodType>(call: ApiCall<A>, signal?: AbortSignal): Promise<z.output<A>>;
  /** A large answer as it comes, once: what was taken cannot be taken back. */
  receive(path: string, take: (text: string) => Promise<void>): Promise<void>;
  /** Looks for the server anew, since it may have moved to another port. */
  findServer(): Promise<ServerAddress>;
}

export interface ClientOptions {
  readonly findServer: () => Promise<ServerAddress>;
  readonly signal: AbortSignal;
  /** Pauses in milliseconds before a call is sent again after its connection broke. */
  readonly pauses?: readonly number[];
}

/** The answer of a route that has nothing to say. */
export const nothing = z.null();

const usualLimit = 60_000;
const longLimit = 3_600_000;

export function createClient({ findServer, signal: stop, pauses = [200, 1_000] }: ClientOptions): Client {
  return {
    findServer,
    receive: async (path, onText) => {
      const server = await findServer();
      const asked = { method: "GET", path, body: undefined, headers: {} } as const;
      const call = { ...asked, timeoutMs: longLimit, signal: stop, onText };
      const { status, text } = await callHttp(server, call).catch((error: unknown) => {
        throw error instanceof ConnectionError ? unreachable(error, server, false) : error;
      });
      if (status < 200 || status > 299) throw toError(parseJson(text), status, server);
    },
    call: async (call, signal = stop) => {
      const repeatable = call.once !== true;
      const headers: Record<string, string> =
        call.method === "POST" && repeatable ? { "idempotency-key": randomUUID() } : {};
      for (let round = 0; ; round++) {
        const server = await findServer();
        try {
          const answer = await callHttp(server, {
            ...call,
            body: call.body,
            headers,
            timeoutMs: call.timeoutMs ?? usualLimit,
            signal,
          });
          return understand(answer, call.answer, server);
        } catch (error) {
          if (!(error instanceof ConnectionError)) throw error;
          const pause = pauses[round];
          // A refused connection stays refused; one that broke may have been a server on its way down.
          if (!repeatable || !error.sent || pause === undefined)
            throw unreachable(error, server, call.method !== "GET");
          await sleep(pause, undefined, { signal });
        }
      }
    },
  };
}

function understand<A extends z.ZodType>(
  answer: HttpAnswer,
  contract: A,
  server: ServerAddress,
): z.output<A> {
  const json = parseJson(answer.text);
  if (answer.status < 200 || answer.status > 299) throw toError(json, answer.status, server);
  const parsed = contract.safeParse(answer.status === 204 ? null : json);
  if (parsed.success) return parsed.data;
  throw new ChiffonError("internal", `The answer of ${server.url.origin} is not understood.`, {
    hint: "Is it Chiffon, and of the same version as this command? chiffon --version",
    cause: parsed.error,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toError(json: unknown, status: number, server: ServerAddress): ChiffonError {
  const { data: problem } = Problem.safeParse(json);
  if (problem === undefined) {
    return new ChiffonError("internal", `${server.url.origin} answers ${status} and does not say why.`, {
      hint: "Is this the address of Chiffon itself? CHIFFON_URL names the server without /api.",
    });
  }
  const code = isErrorCode(problem.code) ? problem.code : "internal";
  const hint = server.token === undefined && code === "not-signed-in" ? noToken : problem.hint;
  return new ChiffonError(code, problem.detail, hint === null ? {} : { hint });
}

const noToken =
  "No token is known for this server: give one with CHIFFON_TOKEN_FILE. An admin makes it: chiffon token create NAME --permission read";

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

function unreachable(error: ConnectionError, server: ServerAddress, isWrite: boolean): ChiffonError {
  const unsure = error.sent && isWrite;
  return new ChiffonError(
    "server-unreachable",
    `The server at ${server.url.origin} does not answer: ${error.message}.${unsure ? " Whether it did what it was asked is not known." : ""}`,
    {
      hint: unsure
        ? "Look before you try again, for example: chiffon plan list"
        : "Is it running? Start it: chiffon up",
      cause: error,
    },
  );
}
