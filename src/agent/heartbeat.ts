import { setTimeout as delay } from "node:timers/promises";
import { queues, type Heartbeat } from "../contracts/agent-protocol.ts";
import type { MachineMetrics } from "../contracts/metrics.ts";
import type { ServerLink } from "./server-link.ts";

export interface HeartbeatOptions {
  readonly link: ServerLink;
  readonly identity: Pick<Heartbeat, "agent_id" | "agent_type" | "name" | "capabilities" | "version">;
  readonly metrics: (signal: AbortSignal) => Promise<MachineMetrics>;
  readonly running: () => string[];
  readonly every: number;
  readonly onError: (error: unknown) => void;
}

/** Sends a sign of life at once and then regularly; disposing says goodbye. */
export async function startHeartbeat(options: HeartbeatOptions): Promise<AsyncDisposable> {
  const ended = new AbortController();
  const beat = async (leaving: boolean) => {
    const payload: Heartbeat = {
      ...options.identity,
      metrics: await options.metrics(AbortSignal.timeout(10_000)),
      running_tasks: options.running(),
      leaving,
    };
    await options.link.offer(queues.heartbeat, { type: "heartbeat", payload });
  };
  await beat(false).catch(options.onError);
  const loop = (async () => {
    while (!ended.signal.aborted) {
      await delay(options.every, undefined, { signal: ended.signal }).catch(() => {});
      if (!ended.signal.aborted) await beat(false).catch(options.onError);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await loop;
      await beat(true).catch(options.onError);
    },
  };
}
