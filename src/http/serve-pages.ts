import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Readiness } from "../contracts/api.ts";
import type { Engine } from "../engine/engine.ts";
import { writeDescription } from "./openapi.ts";
import { prefix } from "./serve-route.ts";

/** Monitors often ask by HEAD. */
const publicPage = { config: { access: "public" as const }, exposeHeadRoute: true };

/** What lies outside the API: signs of life; and the API's description. */
export function servePages(app: FastifyInstance, { engine }: { engine: Engine }): void {
  app.get(
    "/healthz",
    { ...publicPage, schema: { hide: true, response: { 200: z.object({ status: z.string() }) } } },
    () => ({
      status: "alive",
    }),
  );
  app.get(
    "/readyz",
    { ...publicPage, schema: { hide: true, response: { 200: Readiness, 503: Readiness } } },
    async (request, reply) => {
      const health = await engine.health().catch((error: unknown) => {
        request.log.warn({ err: error }, "not ready");
        return { database: false, checkpointSize: 0, runningTasks: 0, agentsOnline: 0 };
      });
      return reply.code(health.database ? 200 : 503).send({ ready: health.database, ...health });
    },
  );
  let description: string | undefined;
  app.get(`${prefix}/openapi.json`, { ...publicPage, schema: { hide: true } }, (_request, reply) => {
    description ??= writeDescription(app);
    return reply.type("application/json; charset=utf-8").send(description);
  });
}
