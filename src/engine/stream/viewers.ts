import { queues } from "../../contracts/agent-protocol.ts";
import { envelopeFor } from "../bus/envelope.ts";
import { publish } from "../bus/sql.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Hub } from "./hub.ts";
import { listRunningAttempts } from "./viewers-sql.ts";

export interface ViewersDeps extends Pick<CoreDeps, "db" | "clock" | "newId"> {
  readonly hub: Hub;
  readonly onError: (error: unknown) => void;
}

/** At most once in so many milliseconds a run's agents hear that it is watched. */
const tellEvery = 2_000;
const prefix = "run:";

/**
 * Watching that reaches the agents: they send what a run writes once a second, and at once while somebody looks. They are told
 * when a viewer comes and again with what the run writes, so that an attempt that begins later hears of it too.
 */
export function createViewers(deps: ViewersDeps): Pick<Hub, "watch"> {
  /** When the agents of a watched run were told last, in milliseconds; entries go with the last viewer. */
  const toldAt = new Map<string, number>();
  const viewers = new Map<string, number>();
  const tell = (topic: string): void => {
    const now = deps.clock.now().getTime();
    if (now - (toldAt.get(topic) ?? 0) < tellEvery) return;
    toldAt.set(topic, now);
    tellAgents(deps, topic.slice(prefix.length)).catch(deps.onError);
  };
  return {
    watch(topic, onHint) {
      if (!topic.startsWith(prefix)) return deps.hub.watch(topic, onHint);
      viewers.set(topic, (viewers.get(topic) ?? 0) + 1);
      const unwatch = deps.hub.watch(topic, () => {
        tell(topic);
        onHint();
      });
      tell(topic);
      return () => {
        unwatch();
        const left = (viewers.get(topic) ?? 1) - 1;
        if (left > 0) return void viewers.set(topic, left);
        viewers.delete(topic);
        toldAt.delete(topic);
      };
    },
  };
}

async function tellAgents(deps: ViewersDeps, runId: string): Promise<void> {
  const running = await listRunningAttempts(deps.db, runId);
  if (running.length === 0) return;
  const at = deps.clock.now();
  await deps.db.transaction().execute(async (tx) => {
    for (const { agentId, ...key } of running) {
      const payload = { ...key, command: "watch" as const, reason: "somebody watches the run" };
      const stamp = { id: deps.newId(), at, priority: 3 };
      const envelope = envelopeFor(agentId, { type: "control", payload }, stamp);
      await publish(tx, queues.control(agentId), { envelope, at });
    }
  });
}
