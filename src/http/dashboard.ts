import { existsSync } from "node:fs";
import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { startPage } from "./page.ts";
import { prefix } from "./serve-route.ts";

const publicPage = { config: { access: "public" as const }, schema: { hide: true } };

/** Where the build of the dashboard lies, in a checkout and in the published package alike. */
export const builtDashboard = path.join(import.meta.dirname, "../../web/dist");

/**
 * Serves the built dashboard: its files, and its one page for every address that is not the API's, because the page itself
 * reads the address. Without a build a plain page says what there is instead.
 */
export async function serveDashboard(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(path.join(folder, "index.html"))) {
    app.get("/", publicPage, (_request, reply) => reply.type("text/html; charset=utf-8").send(startPage));
    return;
  }
  await app.register(fastifyStatic, { root: folder, serve: false, etag: true });
  // The names of these files carry the digest of their content.
  app.get("/assets/*", publicPage, (request, reply) =>
    reply.sendFile(`assets/${pathOf(request)}`, { immutable: true, maxAge: "365d" }),
  );
  app.get("/icon.svg", publicPage, (_request, reply) => reply.sendFile("icon.svg", { maxAge: "1d" }));
  app.get("/*", publicPage, (request, reply) => {
    if (!isPage(request)) return reply.callNotFound();
    return sendPage(reply);
  });
}

function sendPage(reply: FastifyReply): FastifyReply {
  // A new version must be seen at once: the page names the files that belong to it.
  return reply.header("cache-control", "no-cache").sendFile("index.html", { cacheControl: false });
}

/** The names of files have a dot; addresses of the page may have one too, but nobody navigates to a missing script. */
function isPage(request: FastifyRequest): boolean {
  const at = request.url.split("?", 1)[0] ?? "/";
  if (at === prefix || at.startsWith(`${prefix}/`)) return false;
  return (request.headers.accept ?? "").includes("text/html") || at === "/";
}

function pathOf(request: FastifyRequest): string {
  const { "*": rest } = request.params as { "*": string };
  return rest;
}
