import { z } from "zod";
import type { Session } from "../contracts/access.ts";
import type { Access } from "../engine/access/access.ts";
import { decideAccess, type AccessRule, type Identity } from "../engine/access/roles.ts";
import type { Caller, Engine } from "../engine/engine.ts";
import { ChiffonError } from "../domain/errors.ts";

/** What the handlers of routes may use. */
export interface RouteDeps {
  readonly engine: Engine;
  readonly access: Access;
  readonly now: () => Date;
}

/** One call of a route, parsed. */
export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Undefined only where the route is `public`. */
  readonly identity: Identity | undefined;
  /** How the identity came: browsers send a cookie by themselves, programs send a bearer token on purpose. */
  readonly via: "cookie" | "bearer";
  readonly address: string;
  /** The session that came in the cookie, valid or not. */
  readonly cookie: string | undefined;
  /** Aborted when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  /** Sends the session back as a cookie. */
  keepSession(session: Session): void;
  endSession(): void;
}

interface RouteDefinition<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
  /** What the caller needs. There is no default: a route without it does not compile. */
  readonly permission: AccessRule;
  readonly tag: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  /** Default 200. */
  readonly status?: 200 | 201 | 204;
  /** Calls per minute and address; for what can be guessed or is costly. */
  readonly perMinute?: number;
  /** True when the answer holds a secret and must not be kept for repeats. */
  readonly secretAnswer?: boolean;
  /** True when the answer is made while it is sent, a JSON text a line: `handle` gives what they come from. See {@link defineLines}. */
  readonly lines?: boolean;
  /** True for large answers whose parts were parsed when they were stored: sent as they are. */
  readonly asStored?: boolean;
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<z.output<A>>;
}

/** A route of any shape, as it is registered. */
export type Route = RouteDefinition<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

export function defineRoute<
  A extends z.ZodType,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(definition: RouteDefinition<P, Q, B, A>): Route {
  return definition;
}

/** A route whose answer may be larger than the memory: each of its lines is an `answer`, made when the one before was sent. */
export function defineLines<
  A extends z.ZodType,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
>(
  definition: Omit<RouteDefinition<P, Q, z.ZodUndefined, A>, "handle" | "lines" | "status" | "body"> & {
    handle(call: Call<z.output<P>, z.output<Q>, undefined>): AsyncIterable<z.output<A>>;
  },
): Route {
  return { ...definition, lines: true, handle: (call) => Promise.resolve(definition.handle(call as never)) };
}

/** Answer of a route that has nothing to say. */
export const noContent = z.null();

/** The caller of a route that is not public. */
export function identityOf(call: { readonly identity: Identity | undefined }): Identity {
  if (call.identity === undefined || decideAccess(call.identity, "signed-in") !== "allowed") {
    throw new ChiffonError("not-signed-in", "This needs to know who you are.", { hint: "Sign in first." });
  }
  return call.identity;
}

/** The caller as the use cases see it. */
export function callerOf(call: { readonly identity: Identity | undefined }): Caller {
  const { actor, strong } = identityOf(call);
  return { actor, strong };
}

/** An id, or a beginning of it that is unique. */
export const IdOrBeginning = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f][0-9a-f-]{3,35}$/, "expected an id, or at least the first 4 characters of one");

/** True when it is certainly a whole id. */
export function isWholeId(id: string): boolean {
  return id.length === 36;
}

const cursor = z.string().min(1).max(500).optional();
const limit = z.coerce.number().int().min(1).max(200).default(50);
export const pageQuery = { limit, cursor };

export function pageOptions(query: { limit: number; cursor?: string | undefined }): {
  limit: number;
  cursor?: string;
} {
  return { limit: query.limit, ...(query.cursor === undefined ? {} : { cursor: query.cursor }) };
}
