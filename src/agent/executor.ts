import { queues, type Control, type Envelope } from "../contracts/agent-protocol.ts";
import { isFullDisk } from "../domain/full-disk.ts";
import type { Transport, Verdict } from "../ports/bus.ts";
import { liveAttempt, type AttemptLife } from "./attempt.ts";
import type { ExecutorDeps, Order, SecretRef } from "./executor-deps.ts";
import type { HeldOrder } from "./order-store.ts";
import { fullDisk } from "./outcome.ts";
import { failpoint } from "../ports/failpoint.ts";

export interface Executor extends AsyncDisposable {
  /** Tasks whose attempts are on this agent now. */
  running(): string[];
}

/** What an agent needs to take orders over. */
export interface TakingDeps extends Pick<ExecutorDeps, "agentId" | "link" | "orders" | "newId"> {
  /** Everything that must not appear in the output of this order. */
  readonly redacted: (order: Order) => Promise<SecretRef[]>;
  /** Begins the life of an order on this agent. */
  readonly live: (held: HeldOrder, signal: AbortSignal) => AttemptLife;
}

/** Executes orders with Ansible. Disposing detaches: playbooks go on under their supervisors. */
export async function startExecutor(deps: ExecutorDeps, transport: Transport): Promise<Executor> {
  const live = (held: HeldOrder, signal: AbortSignal) => liveAttempt(deps, held, signal);
  return await takeOrders({ ...deps, redacted: deps.secrets.redacted, live }, transport);
}

/**
 * Executes orders: takes them over durably, adopts what an earlier life of this agent left running, and obeys grants,
 * denials and cancellations. Disposing detaches from what runs.
 */
export async function takeOrders(deps: TakingDeps, transport: Transport): Promise<Executor> {
  const detach = new AbortController();
  const lives = new Map<string, AttemptLife>();
  /** Orders that are being taken over now: a second copy must not begin a second life. */
  const taking = new Map<string, Promise<Verdict>>();
  const begin = (life: AttemptLife) => {
    const id = keyOf(life.held.order);
    lives.set(id, life);
    void life.over.finally(() => lives.delete(id));
  };
  for (const held of await deps.orders.list()) begin(deps.live(held, detach.signal));

  const hold = async (order: Order): Promise<Verdict> => {
    if (await deps.orders.isDone(order)) return "ack";
    failpoint("order.received");
    const held = { order, marker: deps.newId(), redacted: await deps.redacted(order) };
    try {
      await deps.orders.hold(held);
    } catch (error) {
      if (!isFullDisk(error)) throw error;
      return await refuseUnheld(deps, order);
    }
    failpoint("order.held");
    begin(deps.live(held, detach.signal));
    return "ack";
  };
  const takeOrder = (envelope: Envelope): Promise<Verdict> => {
    if (envelope.type !== "work_request" || envelope.to_agent !== deps.agentId)
      return Promise.resolve("dead");
    const key = keyOf(envelope.payload);
    if (lives.has(key)) return Promise.resolve("ack");
    const taken = taking.get(key) ?? hold(envelope.payload).finally(() => taking.delete(key));
    taking.set(key, taken);
    return taken;
  };
  const obey = (envelope: Envelope): Promise<Verdict> => {
    const { payload } = envelope;
    if (!("task_id" in payload) || payload.task_id === null) return Promise.resolve("dead");
    const life = lives.get(`${payload.task_id}.${payload.attempt}.${payload.fence}`);
    // What is not here any more has reported its result, or never began.
    if (!life) return Promise.resolve("ack");
    if (envelope.type === "lease_renew") life.grant();
    else if (envelope.type === "control") obeyControl(life, envelope.payload);
    else if (envelope.type === "error") life.deny();
    else return Promise.resolve("dead");
    return Promise.resolve("ack");
  };
  const consumers = [
    transport.consume(queues.work(deps.agentId), { slots: 4 }, takeOrder),
    transport.consume(queues.control(deps.agentId), { slots: 8 }, obey),
  ];
  return {
    running: () => [...new Set([...lives.values()].map((life) => life.held.order.task_id))],
    [Symbol.asyncDispose]: async () => {
      await Promise.all(consumers.map((consumer) => consumer[Symbol.asyncDispose]()));
      detach.abort(new Error("the agent stops"));
      await Promise.all([...lives.values()].map((life) => life.over));
    },
  };
}

/** What could not even be kept is given back at once: the server hands it out again, a few times. */
async function refuseUnheld(deps: TakingDeps, { task_id, attempt, fence }: Order): Promise<Verdict> {
  const payload = { task_id, attempt, fence, ...fullDisk(deps.orders.root) };
  const verdict = await deps.link.offer(queues.result, { type: "error", payload });
  return verdict === "retry" ? "retry" : "ack";
}

function obeyControl(life: AttemptLife, { command, reason }: Control): void {
  if (command === "watch") life.watch();
  else life.cancel(reason);
}

function keyOf(order: { task_id: string; attempt: number; fence: number }): string {
  return `${order.task_id}.${order.attempt}.${order.fence}`;
}
