import { setTimeout as delay } from "node:timers/promises";
import { queues, type Message } from "../contracts/agent-protocol.ts";
import { failpoint } from "../ports/failpoint.ts";
import type { Verdict } from "../ports/bus.ts";
import type { ExecutorDeps, Order } from "./executor-deps.ts";

/** What the server says of an order that was offered to it as accepted. */
export type Word = "granted" | "denied";

type Deps = Pick<ExecutorDeps, "agentId" | "link" | "waits">;

/** Offers the order as accepted until the server grants or denies it: either word may get lost. */
export async function offerUntilWord(
  deps: Deps,
  of: { order: Order; word: Promise<Word>; signal: AbortSignal; onOffer: () => void },
): Promise<Word> {
  const { signal, word } = of;
  const { task_id, attempt, fence } = of.order;
  const message: Message = {
    type: "work_accepted",
    payload: { task_id, attempt, fence, agent_id: deps.agentId },
  };
  for (;;) {
    of.onOffer();
    const verdict = await deps.link.send(queues.result, message, signal);
    failpoint("attempt.offered");
    if (verdict === "dead") return "denied";
    const again = new AbortController();
    const pause = delay(deps.waits.renewEvery / 2, undefined, {
      signal: AbortSignal.any([again.signal, signal]),
    });
    const said = await Promise.race([word, pause]).finally(() => again.abort());
    if (said !== undefined) return said;
  }
}

/** Renews towards the server until it is told to end; `onVerdict` hears what came of each time. Never rejects. */
export async function renewLease(
  deps: Deps & Pick<ExecutorDeps, "onError">,
  of: { order: Order; until: AbortSignal; onVerdict: (verdict: Verdict) => Promise<void> },
): Promise<void> {
  const { task_id, attempt, fence } = of.order;
  const payload = { task_id, attempt, fence, expires_at: null };
  while (!of.until.aborted) {
    try {
      await of.onVerdict(await deps.link.offer(queues.result, { type: "lease_renew", payload }));
    } catch (error) {
      deps.onError(error);
    }
    await delay(deps.waits.renewEvery, undefined, { signal: of.until }).catch(() => {});
  }
}
