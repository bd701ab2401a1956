import { z } from "zod";
import { AgentType } from "./agent-protocol.ts";
import { MachineMetrics } from "./metrics.ts";
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
  })
  .meta({ id: "Agent" });
export type Agent = z.infer<typeof Agent>;
