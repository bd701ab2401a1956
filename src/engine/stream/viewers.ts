import { queues } from "../../contracts/agent-protocol.ts";
import { envelopeFor } from "../bus/envelope.ts";
import { publish } from "../bus/sql.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Hub } from "./hub.ts";
import { listRunningAttempts } from "./viewers-sql.ts";

export interface ViewersDeps extends Pick<CoreDeps, "db" | "clock" | "newId" | "sign"> {
  readonly hub: Hub;
  readonly onError: (error: unknown) => void;
}

/** At most once in so many milliseconds a run's agents hear that it is watched. */
const tellEvery = 2_000;
const prefix = "run:";
/** More runs than this are hardly watched at once; what was told longer ago is forgotten. */
const mostTold = 1_000;

export interface Viewers extends Pick<Hub, "watch"> {
  /** Somebody without a live connection has asked for the events of a topic. */
  polled(topic: string): void;
}

/**
 * Watching that reaches the agents: they send what a run writes every two seconds, and at once while somebody looks. They are told
 * when a viewer comes and again with what the run writes, so that an attempt that begins later hears of it too.
 */
export function createViewers(deps: ViewersDeps): Viewers {
  /** When the agents of a watched run were told last, in milliseconds. */
  const toldAt = new Map<string, number>();
  const tell = (topic: string): void => {
    const now = deps.clock.now().getTime();
    if (!topic.startsWith(prefix) || now - (toldAt.get(topic) ?? 0) < tellEvery) return;
    if (toldAt.size >= mostTold) toldAt.clear();
    toldAt.set(topic, now);
    tellAgents(deps, topic.slice(prefix.length)).catch(deps.onError);
  };
  return {
    watch(topic, onHint) {
      tell(topic);
      return deps.hub.watch(topic, () => {
        tell(topic);
        onHint();
      });
    },
    polled: tell,
  };
}

async function tellAgents(deps: ViewersDeps, runId: string): Promise<void> {
  const running = await listRunningAttempts(deps.db, runId);
  if (running.length === 0) return;
  const at = deps.clock.now();
  await deps.db.transaction().execute(async (tx) => {
    for (const { agentId, ...key } of running) {
      const payload = { ...key, command: "watch" as const, reason: "somebody watches the run" };
      const stamp = { id: deps.newId(), at, priority: 3, sign: deps.sign };
      const envelope = envelopeFor(agentId, { type: "control", payload }, stamp);
      await publish(tx, queues.control(agentId), { envelope, at });
    }
  });
}
