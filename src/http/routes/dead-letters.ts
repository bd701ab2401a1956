import { z } from "zod";
import { DeadLetter, DeadLetterId } from "../../contracts/dead-letter.ts";
import { callerOf, defineRoute, noContent, type Route, type RouteDeps } from "../route.ts";

export function deadLetterRoutes({ engine }: RouteDeps): Route[] {
  const params = z.object({ id: DeadLetterId });
  return [
    defineRoute({
      method: "GET",
      path: "/dead-letters",
      permission: "read",
      tag: "agents",
      summary: "Messages between server and agents that nobody could take, newest first; at most 1,000",
      answer: z.array(DeadLetter),
      handle: () => engine.deadLetters.list(),
    }),
    defineRoute({
      method: "POST",
      path: "/dead-letters/:id/replay",
      permission: "admin",
      tag: "agents",
      summary: "Give a message to its receiver once more; recorded",
      params,
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await engine.deadLetters.replay(callerOf(call), call.params.id);
        return null;
      },
    }),
    defineRoute({
      method: "DELETE",
      path: "/dead-letters/:id",
      permission: "admin",
      tag: "agents",
      summary: "Throw a message away for good; recorded",
      params,
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await engine.deadLetters.discard(callerOf(call), call.params.id);
        return null;
      },
    }),
  ];
}
