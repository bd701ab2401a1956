import type { CoreDeps } from "../core-deps.ts";
import { settleOverdue } from "../dispatch/overdue.ts";
import { sweepSilentAgents } from "./heartbeat.ts";

/**
 * Settles what is silent for too long: attempts and agents.
 * @param listening since when this server hears its agents: asked anew for each, because the machine may sleep in the middle of one
 */
export async function settleSilence(core: CoreDeps, listening: () => Date): Promise<void> {
  await settleOverdue({ ...core, listeningSince: listening() });
  await sweepSilentAgents({ ...core, listeningSince: listening() });
}
