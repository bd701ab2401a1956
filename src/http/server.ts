import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import { serializerCompiler } from "@fastify/type-provider-zod";
import websocket from "@fastify/websocket";
import fastify, { LogController, type FastifyInstance } from "fastify";
import type { WebSocket } from "ws";
import { largestFrame } from "../contracts/gateway.ts";
import { ChiffonError } from "../domain/errors.ts";
import type { Access } from "../engine/access/access.ts";
import type { Engine } from "../engine/engine.ts";
import { isLoopback, type HostRules } from "./guard.ts";
import { guardRequests } from "./identify.ts";
import { describeApi } from "./openapi.ts";
import { takeJsonOnly, validatorCompiler } from "./parse.ts";
import { handleError, handleNotFound, refuseRaw } from "./problems.ts";
import type { Route, RouteDeps } from "./route.ts";
import { auditProofRoutes, auditQueryRoutes } from "./routes/audit.ts";
import { agentJoinRoutes, agentRoutes } from "./routes/agents.ts";
import { aliasRoutes, playbookRoutes, secretRoutes } from "./routes/catalogue.ts";
import { machineRoutes, repositoryRoutes } from "./routes/first-run.ts";
import { conversationRoutes } from "./routes/conversations.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { liveRoutes } from "./routes/live.ts";
import { planRoutes, requestRoutes } from "./routes/plans.ts";
import { runRoutes } from "./routes/runs.ts";
import { sessionRoutes, signInRoutes, tokenRoutes, userRoutes } from "./routes/session.ts";
import { builtDashboard, serveDashboard } from "./dashboard.ts";
import { servePages } from "./serve-pages.ts";
import { prefix, serveRoute } from "./serve-route.ts";
import { agentGatewayPath, serveAgents } from "./serve-agents.ts";
import { serveSockets } from "./serve-sockets.ts";
import { closeSockets } from "./stream.ts";

const upgraded: ReadonlySet<string> = new Set([`${prefix}/stream`, agentGatewayPath]);
const maxBody = 1_048_576;
/** Milliseconds. */
const closeGrace = 2_000;
/** Milliseconds for a request to arrive whole; slower ones would hold connections for ever. */
const requestTimeout = 30_000;

export interface HttpConfig {
  /** Address to listen on; anything but loopback needs `tls`. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Names that people use for this server besides localhost and `host`, with or without a port. */
  readonly allowedHosts: readonly string[];
}

export interface HttpServerOptions {
  readonly engine: Engine;
  readonly access: Access;
  readonly config: HttpConfig;
  readonly version: string;
  /** Takes log lines (JSON); without it nothing is logged. */
  readonly log?: { write(line: string): void };
  readonly now?: () => Date;
  /** Folder of the built dashboard; default: the one that belongs to this checkout or package. */
  readonly dashboard?: string;
  /** Takes over the WebSocket of an agent that was just opened; without it the server has no agents on other machines. */
  readonly serveAgent?: (socket: WebSocket, address: string) => void;
  /** Milliseconds between pings of the live stream; default 30 s. */
  readonly pingEvery?: number;
}

export interface HttpServer extends AsyncDisposable {
  /** For people and programs on this machine, for example `http://127.0.0.1:7707`. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the API and the live stream. Throws "port-in-use" when somebody else listens there. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { config } = options;
  if (config.tls === undefined && !isLoopback(config.host)) {
    throw new ChiffonError(
      "bad-input",
      `Without TLS the server listens on this machine only, not on ${config.host}.`,
      {
        hint: "Give a certificate and its key, or leave the host out.",
      },
    );
  }
  const { app } = await buildApp(options);
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    await app.close();
    throw explainListen(error, config);
  }
  const port = portOf(app, config);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeWithin(app, closeGrace));
  return {
    address: `${schemeOf(config)}://${displayHost(config.host)}:${port}`,
    port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Requests in work get this long to end; connections that were opened and never used would keep the server for longer. */
async function closeWithin(app: FastifyInstance, milliseconds: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), milliseconds);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

export interface BuiltApp {
  readonly app: FastifyInstance;
  /** Every route below the prefix except the live stream's own. */
  readonly routes: readonly Route[];
}

/** The server before it listens; for tests. */
export async function buildApp(options: HttpServerOptions): Promise<BuiltApp> {
  const { engine, access, config } = options;
  const now = options.now ?? ((): Date => new Date());
  const scheme = schemeOf(config);
  const stopping = new AbortController();
  const app = createFastify(options);
  const listen = (): HostRules => ({ ...config, scheme, port: portOf(app, config) });
  const deps: RouteDeps = { engine, access, now };

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler(handleNotFound);
  takeJsonOnly(app);
  app.addHook("preClose", async () => {
    stopping.abort();
    await closeSockets(app.websocketServer.clients);
  });
  // Before the guard: it closes the connections of upgrades that the guard refuses.
  await app.register(websocket, { options: { maxPayload: largestFrame } });
  await app.register(cookie);
  await protect(app);
  guardRequests(app, { access, listen });
  logAnswers(app);
  await describeApi(app, options.version);
  const routes = listRoutes(deps);
  for (const route of routes) serveRoute(app, route, { ...deps, scheme, stopping: stopping.signal });
  serveSockets(app, {
    ...deps,
    listen,
    ...(options.pingEvery === undefined ? {} : { pingEvery: options.pingEvery }),
  });
  serveAgents(app, options.serveAgent);
  servePages(app, { engine });
  await serveDashboard(app, options.dashboard ?? builtDashboard);
  await app.ready();
  return { app, routes };
}

function listRoutes(deps: RouteDeps): Route[] {
  const groups = [
    signInRoutes,
    sessionRoutes,
    userRoutes,
    tokenRoutes,
    requestRoutes,
    conversationRoutes,
    planRoutes,
    runRoutes,
    agentRoutes,
    agentJoinRoutes,
    deadLetterRoutes,
    playbookRoutes,
    aliasRoutes,
    auditQueryRoutes,
    auditProofRoutes,
    secretRoutes,
    repositoryRoutes,
    machineRoutes,
    liveRoutes,
  ];
  return groups.flatMap((group) => group(deps));
}

function createFastify({ config, log }: HttpServerOptions): FastifyInstance {
  const server = {
    // Only the addresses of the live stream and of agents are upgraded; elsewhere the header means nothing (curl sends one for HTTP/2).
    shouldUpgradeCallback: (request: {
      url?: string | undefined;
      headers: { upgrade?: string | undefined };
    }) =>
      request.headers.upgrade?.toLowerCase() === "websocket" &&
      upgraded.has((request.url ?? "").split("?", 1)[0] ?? ""),
  };
  return fastify({
    ...(config.tls === undefined ? { http: server } : { https: { ...server, ...config.tls } }),
    bodyLimit: maxBody,
    requestTimeout,
    clientErrorHandler: refuseRaw,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 4_096 },
    genReqId: () => crypto.randomUUID(),
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (error, request, reply) => {
      void handleError(error, request, reply);
    },
    logger:
      log === undefined
        ? false
        : {
            level: "info",
            stream: log,
            redact: {
              paths: ["*.headers.authorization", "*.headers.cookie", "authorization", "cookie"],
              remove: true,
            },
          },
  });
}

/** Headers and limits that hold for every answer. */
async function protect(app: FastifyInstance): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) =>
      new ChiffonError(
        "too-many-requests",
        "There were too many of these calls from your address in a minute.",
        {
          hint: `Try again in ${Math.ceil(ttl / 1_000)} s.`,
        },
      ),
  });
  await app.register(helmet, {
    // Another service on the same host may have no TLS: HSTS would lock people out of it for a year.
    hsts: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // Dialogs and notices of the dashboard's libraries place themselves by style attributes and elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
}

function logAnswers(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        // The pattern, not the address: a query may hold a ticket, a path the name of a secret.
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        who: request.identity?.actor.name ?? null,
      },
      "answered",
    );
  });
}

function schemeOf(config: HttpConfig): "http" | "https" {
  return config.tls === undefined ? "http" : "https";
}

function portOf(app: FastifyInstance, config: HttpConfig): number {
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address.port : config.port;
}

function displayHost(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

function explainListen(error: unknown, config: HttpConfig): unknown {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return new ChiffonError("port-in-use", `Another program listens on port ${config.port} already.`, {
      hint: "Stop it, or choose another port with --port.",
      cause: error,
    });
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new ChiffonError("bad-input", `This machine has no address ${config.host}.`, {
      hint: "Give one of its own addresses with --host.",
      cause: error,
    });
  }
  return error;
}
