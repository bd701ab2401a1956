import type { FastifyInstance } from "fastify";
import type { WebSocket } from "ws";
import { Problem } from "../contracts/problem.ts";
import { ChiffonError } from "../domain/errors.ts";
import { prefix } from "./serve-route.ts";

/** From one address: all agents may be behind one, and come back within half a minute when their server was away. */
const connectionsPerMinute = 20_000;

export const agentGatewayPath = `${prefix}/agents/gateway`;

/** Where agents connect. Who they are they prove on the socket itself, so the route is public. */
export function serveAgents(
  app: FastifyInstance,
  serve: ((socket: WebSocket, address: string) => void) | undefined,
): void {
  if (serve === undefined) return;
  app.route({
    method: "GET",
    url: agentGatewayPath,
    config: { access: "public", rateLimit: { max: connectionsPerMinute, timeWindow: 60_000 } },
    schema: {
      tags: ["agents"],
      summary: "Where agents connect (WebSocket)",
      description:
        "Speaks the agent protocol: see docs/PROTOCOL.md. Start an agent with: chiffon agent --join URL",
      security: [],
      response: { default: Problem.describe("A problem, when the connection is not upgraded") },
    },
    preHandler: async (request) => {
      if (request.ws && request.headers.origin === undefined) return;
      throw new ChiffonError("bad-input", "This address is for agents, and speaks WebSocket only.", {
        hint: "Start an agent: chiffon agent --join URL",
      });
    },
    handler: () => undefined,
    wsHandler: (socket, request) => serve(socket, request.ip),
  });
}
