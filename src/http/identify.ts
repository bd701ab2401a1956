import type { FastifyInstance, FastifyRequest } from "fastify";
import { ChiffonError } from "../domain/errors.ts";
import type { Access } from "../engine/access/access.ts";
import { authorize, type AccessRule, type Identity } from "../engine/access/roles.ts";
import { decideHost, decideOrigin, isLoopback, listHosts, type HostRules } from "./guard.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the caller needs; every route says it. */
    access?: AccessRule;
  }
  interface FastifyRequest {
    identity: Identity | undefined;
    via: "cookie" | "bearer";
  }
}

/** A `__Host-` cookie must be Secure, which plain HTTP on loopback cannot be. */
export function cookieName(scheme: "http" | "https"): string {
  return scheme === "https" ? "__Host-chiffon" : "chiffon_session";
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

export interface GuardDeps {
  readonly access: Access;
  /** Known when the server listens. */
  readonly listen: () => HostRules;
}

/** Scheme and Host of this request: what its Origin has to be. */
export function originOf(request: FastifyRequest, listen: HostRules): string {
  return `${listen.scheme}://${(request.headers.host ?? "").toLowerCase()}`;
}

/**
 * Before anything of a request is parsed: is the Host ours, who calls, may they, and does the request come from where a
 * cookie's owner would send it.
 */
export function guardRequests(app: FastifyInstance, { access, listen }: GuardDeps): void {
  let hosts: { readonly port: number; readonly names: ReadonlySet<string> } | undefined;
  app.decorateRequest("identity", undefined);
  app.decorateRequest("via", "bearer");
  app.addHook("onRoute", (route) => {
    if (route.config?.access === undefined)
      throw new Error(`${String(route.method)} ${route.url} names no permission`);
  });
  app.addHook("onRequest", async (request) => {
    const rules = listen();
    if (hosts?.port !== rules.port) hosts = { port: rules.port, names: listHosts(rules) };
    checkHost(request, rules, hosts.names);
    const rule = request.routeOptions.config.access;
    if (rule === undefined) return; // not found
    const fromPublic = rule === "public";
    if (!fromPublic) await identify(request, access, cookieName(rules.scheme));
    authorize(request.identity, rule);
    checkOrigin(request, rules, fromPublic ? "none" : request.via);
  });
}

function checkHost(request: FastifyRequest, rules: HostRules, names: ReadonlySet<string>): void {
  const localAddress = request.socket.localAddress;
  if (decideHost(request.headers.host, { hosts: names, listen: rules, localAddress })) return;
  throw new ChiffonError("not-allowed", "This server does not answer to the name that it was called by.", {
    hint: "Use the address that it printed at its start, or start it with --host and the name.",
  });
}

function checkOrigin(request: FastifyRequest, rules: HostRules, via: "cookie" | "bearer" | "none"): void {
  const allowed = decideOrigin({
    via,
    unsafe: !safeMethods.has(request.method),
    origin: request.headers.origin,
    fetchSite: one(request.headers["sec-fetch-site"]),
    expected: originOf(request, rules),
  });
  if (allowed) return;
  throw new ChiffonError("not-allowed", "The request comes from another page than Chiffon's own.", {
    hint: "Programs send an API token instead of a cookie: Authorization: Bearer chf_…",
  });
}

async function identify(request: FastifyRequest, access: Access, cookie: string): Promise<void> {
  const header = request.headers.authorization;
  if (header !== undefined) {
    // A bad token is never replaced by a cookie: who sends one means it.
    const token = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(header)?.[1];
    request.via = "bearer";
    if (token !== undefined) {
      request.identity = await access.identifyBearer(token, { onThisMachine: isOnThisMachine(request) });
    }
    return;
  }
  const session = request.cookies[cookie];
  if (session === undefined) return;
  request.via = "cookie";
  request.identity = await access.identifySession(session);
}

/** Loopback, or this machine's own address talking to itself. */
function isOnThisMachine({ socket }: FastifyRequest): boolean {
  const { remoteAddress, localAddress } = socket;
  return remoteAddress !== undefined && (isLoopback(remoteAddress) || remoteAddress === localAddress);
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(",") : header;
}
