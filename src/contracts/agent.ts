import { z } from "zod";
import { AgentType } from "./agent-protocol.ts";
import { Gpu, MachineMetrics } from "./metrics.ts";
import { Id, Instant } from "./vocabulary.ts";

/** An agent as people see it. */
export const Agent = z
  .object({
    id: Id,
    type: AgentType,
    name: z.string(),
    /** `offline` after 90 s without a sign of life. */
    status: z.enum(["online", "offline"]),
    reason: z.string().nullable(),
    capabilities: z.array(z.string()),
    version: z.string(),
    metrics: MachineMetrics.nullable(),
    runningTasks: z.array(Id),
    lastSeenAt: Instant.nullable(),
    createdAt: Instant,
    /** How it came from another machine; null for an agent inside a server's own process. */
    joined: z
      .object({
        at: Instant,
        /** Where it connected from last. */
        address: z.string().nullable(),
        revokedAt: Instant.nullable(),
      })
      .nullable(),
    /** As its invitation said. `server-machine`: plans mean its machine by "this machine". */
    labels: z.array(z.string()),
    /** Since when a person lets it take no new work; null while it takes some. */
    drainingSince: Instant.nullable(),
  })
  .meta({ id: "Agent" });
export type Agent = z.infer<typeof Agent>;

/** Body of `POST /agents/invite`. */
export const InviteAgent = z.object({
  type: AgentType.default("infra"),
  labels: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "a label has only a-z, 0-9, '.', '_' and '-'"))
    .max(20)
    .default([]),
});
export type InviteAgent = z.infer<typeof InviteAgent>;

/** An invitation for one agent. The code is shown once. */
export const Invited = z
  .object({
    id: Id,
    code: z.string(),
    type: AgentType,
    labels: z.array(z.string()),
    expiresAt: Instant,
    /** `SHA256:…` of the server's public key, by which the agent knows the server before it says the code. */
    serverKey: z.string(),
  })
  .meta({ id: "Invited" });
export type Invited = z.infer<typeof Invited>;

/** Body of `POST /agents/{id}/revoke`. */
export const RevokeAgent = z.object({ reason: z.string().max(1_000).default("") });
export type RevokeAgent = z.infer<typeof RevokeAgent>;

/** Body of `POST /agents/{id}/drain`. */
export const DrainAgent = z.object({
  /** False: it gets work again. */
  draining: z.boolean().default(true),
  reason: z.string().max(1_000).default(""),
});
export type DrainAgent = z.infer<typeof DrainAgent>;

/** What has to be free at once on one machine; 0 = does not matter. */
export const CapacityNeeds = z.object({ gpu_vram_gb: z.number().min(0), cpu_cores: z.number().min(0) });
export type CapacityNeeds = z.infer<typeof CapacityNeeds>;

/** What an agent's machine had free at its last sign of life. */
export const AgentCapacity = z.object({
  agentId: Id,
  name: z.string(),
  type: AgentType,
  cpuCores: z.object({ available: z.int(), physical: z.int() }),
  memoryGb: z.object({ available: z.number(), total: z.number() }),
  /** The graphics processor with the most memory free; null where there is none. */
  gpu: Gpu.nullable(),
  /** The scarcest of cores, memory and, where it is needed, GPU memory: 0 = nothing free, 1 = all. */
  freeShare: z.number().min(0).max(1),
  runningTasks: z.int(),
  measuredAt: Instant.nullable(),
});
export type AgentCapacity = z.infer<typeof AgentCapacity>;

/** Answer of `GET /agents/available-capacity`: agents that have it, the freest first, and why the others have not. */
export const AvailableCapacity = z
  .object({
    needs: CapacityNeeds,
    agents: z.array(AgentCapacity),
    others: z.array(z.object({ agentId: Id, name: z.string(), type: AgentType, why: z.string() })),
  })
  .meta({ id: "AvailableCapacity" });
export type AvailableCapacity = z.infer<typeof AvailableCapacity>;
