import { setTimeout as delay } from "node:timers/promises";
import { queues, type Heartbeat } from "../contracts/agent-protocol.ts";
import type { MachineMetrics } from "../contracts/metrics.ts";
import type { Verdict } from "../ports/bus.ts";
import type { ServerLink } from "./server-link.ts";

export interface HeartbeatOptions {
  readonly link: ServerLink;
  readonly identity: Pick<Heartbeat, "agent_id" | "agent_type" | "name" | "capabilities" | "version">;
  readonly metrics: (signal: AbortSignal) => Promise<MachineMetrics>;
  readonly running: () => string[];
  readonly every: number;
  /** Called whenever a sign of life was taken. */
  readonly onHeard?: (() => void) | undefined;
  readonly onError: (error: unknown) => void;
}

/** Sends a sign of life at once and then regularly; disposing says goodbye. */
export async function startHeartbeat(options: HeartbeatOptions): Promise<AsyncDisposable> {
  const ended = new AbortController();
  const beat = async (leaving: boolean): Promise<Verdict> => {
    const payload: Heartbeat = {
      ...options.identity,
      metrics: await options.metrics(AbortSignal.timeout(10_000)),
      running_tasks: options.running(),
      leaving,
    };
    const verdict = await options.link.offer(queues.heartbeat, { type: "heartbeat", payload });
    if (verdict === "ack") options.onHeard?.();
    return verdict;
  };
  const beatSafely = async (leaving: boolean): Promise<Verdict> =>
    await beat(leaving).catch((error: unknown) => {
      options.onError(error);
      return "retry";
    });
  let heard = await beatSafely(false);
  const loop = (async () => {
    while (!ended.signal.aborted) {
      // Nobody hears an agent that is not connected yet: it is to be there as soon as it is.
      const wait = heard === "retry" ? options.every / 30 : options.every;
      await delay(wait, undefined, { signal: ended.signal }).catch(() => {});
      if (!ended.signal.aborted) heard = await beatSafely(false);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await loop;
      await beatSafely(true);
    },
  };
}
