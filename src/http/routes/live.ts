import { StreamTicket } from "../../contracts/api.ts";
import { defineRoute, identityOf, type Route, type RouteDeps } from "../route.ts";

export function liveRoutes({ tickets }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: "/stream/ticket",
      permission: "read",
      tag: "live",
      summary: "A ticket for one connection to the live stream, valid for 30 s",
      answer: StreamTicket,
      status: 201,
      perMinute: 300,
      secretAnswer: true,
      handle: async (call) => {
        const { ticket, expiresAt } = tickets.issue({ identity: identityOf(call), via: call.via });
        return { ticket, expiresAt: expiresAt.toISOString() };
      },
    }),
  ];
}
