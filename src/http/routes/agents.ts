import { z } from "zod";
import {
  Agent,
  AvailableCapacity,
  DrainAgent,
  InviteAgent,
  Invited,
  RevokeAgent,
} from "../../contracts/agent.ts";
import { Id } from "../../contracts/vocabulary.ts";
import { callerOf, defineRoute, type Route, type RouteDeps } from "../route.ts";

const amount = z.coerce.number().min(0).max(1_000_000).default(0);

export function agentRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/agents",
      permission: "read",
      tag: "agents",
      summary: "Agents with their state and machine",
      query: z.object({
        type: z.string().max(32).optional(),
        status: z.enum(["online", "offline"]).optional(),
      }),
      answer: z.array(Agent),
      handle: ({ query: { type, status } }) =>
        engine.agents.list({
          ...(type === undefined ? {} : { type }),
          ...(status === undefined ? {} : { status }),
        }),
    }),
    defineRoute({
      method: "GET",
      path: "/agents/available-capacity",
      permission: "read",
      tag: "agents",
      summary: "Agents that have so much free, by what they have reported last, the freest first",
      query: z.object({ min_gpu_vram_gb: amount, min_cpu_cores: amount }),
      answer: AvailableCapacity,
      handle: ({ query }) =>
        engine.agents.capacity({ gpu_vram_gb: query.min_gpu_vram_gb, cpu_cores: query.min_cpu_cores }),
    }),
    defineRoute({
      method: "GET",
      path: "/agents/:id",
      permission: "read",
      tag: "agents",
      summary: "An agent",
      params: z.object({ id: Id }),
      answer: Agent,
      handle: (call) => engine.agents.get(call.params.id),
    }),
  ];
}

/** Who may join, who gets work, and who may not come back. */
export function agentJoinRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: "/agents/invite",
      permission: "admin",
      tag: "agents",
      summary:
        "Invite one agent: a code with which it joins from another machine, valid for 15 minutes and five tries",
      body: InviteAgent,
      answer: Invited,
      status: 201,
      perMinute: 60,
      secretAnswer: true,
      handle: (call) => engine.agents.invite(callerOf(call), call.body),
    }),
    defineRoute({
      method: "POST",
      path: "/agents/:id/drain",
      permission: "operate",
      tag: "agents",
      summary: "Let an agent take no new work, or take it again; what it runs goes on",
      params: z.object({ id: Id }),
      body: DrainAgent,
      answer: Agent,
      handle: (call) => engine.agents.drain(callerOf(call), call.params.id, call.body),
    }),
    defineRoute({
      method: "POST",
      path: "/agents/:id/revoke",
      permission: "admin",
      tag: "agents",
      summary:
        "End the connection of an agent at once and for good; what runs there is stopped by its own orphan limit",
      params: z.object({ id: Id }),
      body: RevokeAgent,
      answer: Agent,
      handle: (call) => engine.agents.revoke(callerOf(call), call.params.id, call.body.reason),
    }),
  ];
}
