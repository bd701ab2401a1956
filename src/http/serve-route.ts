import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../contracts/problem.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import { ChiffonError } from "../domain/errors.ts";
import { cookieName } from "./identify.ts";
import type { Call, Route, RouteDeps } from "./route.ts";

export const prefix = "/api/v1";

export interface ServeDeps extends RouteDeps {
  readonly scheme: "http" | "https";
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}

/** Registers a route: its contract parses what comes in, shapes what goes out and appears in the OpenAPI document. */
export function serveRoute(app: FastifyInstance, route: Route, deps: ServeDeps): void {
  const status = route.status ?? 200;
  app.route({
    method: route.method,
    url: prefix + route.path,
    config: {
      access: route.permission,
      ...(route.perMinute === undefined ? {} : { rateLimit: { max: route.perMinute, timeWindow: 60_000 } }),
    },
    schema: {
      tags: [route.tag],
      summary: route.summary,
      description: `Needs: ${route.permission}.`,
      security: route.permission === "public" ? [] : [{ bearer: [] }, { cookie: [] }],
      ...(route.params === undefined ? {} : { params: route.params }),
      ...(route.query === undefined ? {} : { querystring: route.query }),
      ...(route.body === undefined ? {} : { body: route.body }),
      ...(route.lines === true ? { produces: [ndjson] } : {}),
      response: { [status]: route.answer.describe(route.summary), default: Problem.describe("A problem") },
    },
    handler: async (request, reply) => {
      const answer = await answerOnce(route, request, { reply, deps });
      if (route.lines === true)
        return reply
          .type(`${ndjson}; charset=utf-8`)
          .send(Readable.from(await beginLines(answer as AsyncIterable<unknown>)));
      if (route.asStored === true) reply.type("application/json; charset=utf-8").serializer(JSON.stringify);
      return status === 204 ? reply.code(204).send() : reply.code(status).send(answer);
    },
  });
}

const ndjson = "application/x-ndjson";

/** The first line is made before anything is sent: what goes wrong until then is a problem like any other. */
async function beginLines(answer: AsyncIterable<unknown>): Promise<AsyncIterable<string>> {
  const lines = answer[Symbol.asyncIterator]();
  const first = await lines.next();
  return (async function* () {
    try {
      for (let at = first; at.done !== true; at = await lines.next()) yield `${JSON.stringify(at.value)}\n`;
    } finally {
      await lines.return?.();
    }
  })();
}

interface Around {
  readonly reply: FastifyReply;
  readonly deps: ServeDeps;
}

/** A write that comes with an Idempotency-Key is done once, however often it is sent. */
async function answerOnce(route: Route, request: FastifyRequest, around: Around): Promise<unknown> {
  const work = (): Promise<unknown> => route.handle(describeCall(request, around));
  const key = request.headers["idempotency-key"];
  const identity = request.identity;
  if (key === undefined || route.method !== "POST" || identity === undefined) return work();
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new ChiffonError("bad-input", "The Idempotency-Key has to be 1 to 200 visible ASCII characters.", {
      hint: "Use a random UUID.",
    });
  }
  const body = canonicalJson({ query: request.query ?? null, body: request.body ?? null });
  return around.deps.access.idempotency.once(
    {
      identity: identity.key,
      key,
      route: `${request.method} ${request.url.split("?", 1)[0] ?? ""}`,
      bodySha256: createHash("sha256").update(body).digest("hex"),
      secretAnswer: route.secretAnswer === true,
    },
    work,
  );
}

function describeCall(request: FastifyRequest, { reply, deps }: Around): Call<unknown, unknown, unknown> {
  const name = cookieName(deps.scheme);
  const options: CookieSerializeOptions = {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: deps.scheme === "https",
  };
  return {
    params: request.params,
    query: request.query,
    body: request.body,
    identity: request.identity,
    via: request.via,
    address: request.ip,
    cookie: request.cookies[name],
    signal: signalOf(reply, deps.stopping),
    keepSession: (session) => {
      reply.setCookie(name, session.token, { ...options, expires: new Date(session.expiresAt) });
    },
    endSession: () => {
      reply.clearCookie(name, options);
    },
  };
}

function signalOf(reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const stop = (): void => gone.abort();
  if (stopping.aborted) stop();
  stopping.addEventListener("abort", stop, { once: true });
  reply.raw.once("close", () => {
    stopping.removeEventListener("abort", stop);
    if (!reply.raw.writableFinished) stop();
  });
  return gone.signal;
}
