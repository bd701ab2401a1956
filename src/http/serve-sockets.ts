import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { Problem } from "../contracts/problem.ts";
import { ChiffonError } from "../domain/errors.ts";
import { authorize } from "../engine/access/roles.ts";
import type { TicketHolder } from "../engine/access/tickets.ts";
import { decideSocketOrigin, type HostRules } from "./guard.ts";
import { originOf } from "./identify.ts";
import type { RouteDeps } from "./route.ts";
import { prefix } from "./serve-route.ts";
import { serveStream } from "./stream.ts";

export interface SocketDeps extends RouteDeps {
  readonly listen: () => HostRules;
  readonly pingEvery?: number;
}

/** The live stream. Its ticket proves who connects, so the route itself is public; everything is checked before 101. */
export function serveSockets(app: FastifyInstance, deps: SocketDeps): void {
  const holders = new WeakMap<FastifyRequest["raw"], TicketHolder>();
  app.route({
    method: "GET",
    url: `${prefix}/stream`,
    config: { access: "public" },
    schema: {
      tags: ["live"],
      summary: "The live stream (WebSocket)",
      description: "Needs a ticket from POST /stream/ticket. Send StreamCommand, receive LiveEvent.",
      security: [],
      querystring: z.object({ ticket: z.string().max(200) }),
      response: { default: Problem.describe("A problem, when the connection is not upgraded") },
    },
    preHandler: async (request) => {
      if (!request.ws) {
        throw new ChiffonError("bad-input", "This address speaks WebSocket only.", {
          hint: "Without WebSocket, poll: GET /api/v1/runs/ID/events?after=SEQ",
        });
      }
      holders.set(request.raw, await admit(request, deps));
    },
    handler: () => undefined,
    wsHandler: (socket, request) => {
      const holder = holders.get(request.raw);
      if (holder === undefined) socket.terminate();
      else serveStream({ ...deps, log: request.log }, socket, holder.identity);
    },
  });
}

async function admit(request: FastifyRequest, deps: SocketDeps): Promise<TicketHolder> {
  const { ticket } = z.object({ ticket: z.string() }).parse(request.query);
  const holder = await deps.access.tickets.take(ticket);
  if (holder === undefined) {
    throw new ChiffonError("not-signed-in", "The ticket is unknown, used or older than 30 s.", {
      hint: "Get a new one: POST /api/v1/stream/ticket",
    });
  }
  const { origin } = request.headers;
  if (!decideSocketOrigin({ ticketVia: holder.via, origin, expected: originOf(request, deps.listen()) })) {
    throw new ChiffonError("not-allowed", "The connection comes from another page than Chiffon's own.", {
      hint: "Programs get their ticket with an API token.",
    });
  }
  // The session may have ended since the ticket was made.
  authorize(await deps.access.refresh(holder.identity), "read");
  return holder;
}
