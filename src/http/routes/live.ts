import { StreamTicket } from "../../contracts/api.ts";
import { defineRoute, identityOf, type Route, type RouteDeps } from "../route.ts";

export function liveRoutes({ access }: RouteDeps): Route[] {
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
        const holder = { identity: identityOf(call), via: call.via };
        const { ticket, expiresAt } = await access.tickets.issue(holder);
        return { ticket, expiresAt: expiresAt.toISOString() };
      },
    }),
  ];
}
