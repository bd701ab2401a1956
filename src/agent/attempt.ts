import { setTimeout as delay } from "node:timers/promises";
import { prepareAttempt } from "../ansible/process/prepare.ts";
import { sweepAttempt } from "../ansible/process/processes.ts";
import { adoptSupervisor, startSupervisor } from "../ansible/process/start-supervisor.ts";
import type { FinishedAttempt, LostAttempt } from "../ansible/process/attempt-result.ts";
import type { AttemptEnd, Supervised } from "../ansible/process/supervise.ts";
import { queues, type Message, type WorkResult } from "../contracts/agent-protocol.ts";
import type { AgentError } from "../contracts/run.ts";
import { ChiffonError } from "../domain/errors.ts";
import { findFault } from "./check-order.ts";
import type { ExecutorDeps } from "./executor-deps.ts";
import type { HeldOrder } from "./order-store.ts";
import { endingOf, lostEnding } from "./outcome.ts";
import { hashEnvironment, specOf } from "./spec.ts";
import { streamAttempt, type StreamedAttempt } from "./stream-attempt.ts";

/** One attempt on this agent, from the held order to the result that the server has taken. */
export interface AttemptLife {
  readonly held: HeldOrder;
  /** The server has committed the start record and granted the lease: begin. Repeats are harmless. */
  grant(): void;
  /** The server says that the attempt is over: stop without a result. */
  deny(): void;
  cancel(reason: string): void;
  /** Settles when nothing of the attempt is left on this agent, or we were told to detach. */
  readonly over: Promise<void>;
}

type Ended = FinishedAttempt | (LostAttempt & { killed: number }) | { kind: "detached" };

/** When the supervisor was killed, its playbook may live on: it is stopped at once, whether the server listens or not. */
async function closeEnd(held: HeldOrder, end: AttemptEnd): Promise<Ended> {
  return end.kind === "lost" ? { ...end, killed: (await sweepAttempt(held.marker)).killed } : end;
}

type Begin = { kind: "granted" } | { kind: "denied" } | { kind: "cancelled" };

/** @param signal aborts our interest, not the playbook: it goes on, and the next start of the agent adopts it. */
export function liveAttempt(deps: ExecutorDeps, held: HeldOrder, signal: AbortSignal): AttemptLife {
  const begin = Promise.withResolvers<Begin>();
  const stop = { reason: undefined as string | undefined, denied: false };
  let supervised: Supervised | undefined;
  const tellSupervisor = (reason: string) => {
    stop.reason ??= reason;
    supervised?.cancel(reason).catch(deps.onError);
  };
  const over = (async () => {
    const adopted = await adoptSupervisor(deps.orders.runDir(held));
    if (adopted.kind === "lost" && adopted.reason === "not-started") {
      await deps.orders.clear(held);
      const word = await waitForWord(deps, held, { begin: begin.promise, signal });
      if (word.kind !== "granted") return await deps.orders.remove(held);
      const started = await tryStart(deps, held);
      if (started.kind === "refused") return await report(deps, held, { end: started, signal });
      supervised = started;
    } else if (adopted.kind !== "running") {
      return await finish(deps, held, { ended: closeEnd(held, adopted), signal, stop });
    } else supervised = adopted;
    if (stop.reason !== undefined) tellSupervisor(stop.reason);
    const ended = supervised.ended.then((end) => closeEnd(held, end));
    const renewing = keepLease(deps, held, { supervised, ended, signal });
    await finish(deps, held, { ended, signal, stop });
    await renewing;
  })().catch((error: unknown) => {
    if (!signal.aborted) deps.onError(error);
  });
  signal.addEventListener("abort", () => supervised?.detach());
  return {
    held,
    grant: () => begin.resolve({ kind: "granted" }),
    deny() {
      stop.denied = true;
      begin.resolve({ kind: "denied" });
      tellSupervisor("the server gave the task to another attempt, or ended it");
    },
    cancel(reason) {
      begin.resolve({ kind: "cancelled" });
      tellSupervisor(reason);
    },
    over,
  };
}

/** Offers the order as accepted until the server grants or denies it: either word may get lost. */
async function waitForWord(
  deps: ExecutorDeps,
  held: HeldOrder,
  wait: { begin: Promise<Begin>; signal: AbortSignal },
): Promise<Begin> {
  const { task_id, attempt, fence } = held.order;
  const message: Message = {
    type: "work_accepted",
    payload: { task_id, attempt, fence, agent_id: deps.agentId },
  };
  for (;;) {
    const verdict = await deps.link.send(queues.result, message, wait.signal);
    if (verdict === "dead") return { kind: "denied" };
    const again = new AbortController();
    const pause = delay(deps.waits.renewEvery / 2, undefined, {
      signal: AbortSignal.any([again.signal, wait.signal]),
    });
    const word = await Promise.race([wait.begin, pause.then(() => undefined)]).finally(() => again.abort());
    pause.catch(() => {});
    if (word) return word;
  }
}

type Refused = { kind: "refused"; error: AgentError };

async function tryStart(deps: ExecutorDeps, held: HeldOrder): Promise<Supervised | Refused> {
  const { order } = held;
  try {
    const tools = await deps.tools();
    const fault = findFault(order, {
      sha256: deps.sha256,
      verify: deps.verify,
      environment: (given) => hashEnvironment(given.parameters.step, deps.sha256),
      ansibleCore: tools?.version,
      now: deps.clock.now(),
    });
    if (fault || !tools) return { kind: "refused", error: fault ?? { code: 5006, message: "no Ansible" } };
    const { step } = order.parameters;
    const snapshot = await deps.snapshots.open(step.snapshot);
    if (deps.snapshots.digest(snapshot.files) !== step.snapshot)
      return { kind: "refused", error: { code: 5007, message: "the snapshot differs from the approved one" } };
    const secrets = await deps.secrets.values(step.secrets);
    const moved = step.secrets.find(
      (ref) => !secrets.some((secret) => secret.name === ref.name && secret.version === ref.version),
    );
    if (moved)
      return {
        kind: "refused",
        error: { code: 5007, message: `the secret ${moved.name} has changed since the approval: make the plan again` },
      };
    const { waitScale, outputCapBytes } = deps;
    const runDir = deps.orders.runDir(held);
    const spec = specOf(held, { ...snapshot, runDir, tools, secrets, outputCapBytes, waitScale });
    await prepareAttempt(spec);
    return await startSupervisor(spec);
  } catch (error) {
    if (!ChiffonError.is(error)) deps.onError(error);
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "refused", error: { code: 5104, message: `nothing ran: ${message}` } };
  }
}

/** Renews towards the server, and passes each renewal that it took on to the supervisor. */
async function keepLease(
  deps: ExecutorDeps,
  held: HeldOrder,
  life: { supervised: Supervised; ended: Promise<unknown>; signal: AbortSignal },
): Promise<void> {
  const { task_id, attempt, fence } = held.order;
  const stop = new AbortController();
  void life.ended.finally(() => stop.abort());
  const signal = AbortSignal.any([stop.signal, life.signal]);
  while (!signal.aborted) {
    const payload = { task_id, attempt, fence, expires_at: null };
    const verdict = await deps.link.offer(queues.result, { type: "lease_renew", payload });
    if (verdict === "ack") await life.supervised.renew().catch(deps.onError);
    await delay(deps.waits.renewEvery, undefined, { signal }).catch(() => {});
  }
}

async function finish(
  deps: ExecutorDeps,
  held: HeldOrder,
  life: { ended: Promise<Ended>; signal: AbortSignal; stop: { denied: boolean } },
): Promise<void> {
  const { task_id, attempt, fence } = held.order;
  const secrets = await deps.secrets.values(held.redacted);
  const streamed = await streamAttempt({
    runDir: deps.orders.runDir(held),
    key: { task_id, attempt, fence },
    link: deps.link,
    secrets,
    ended: life.ended,
    signal: life.signal,
  });
  const end = await life.ended;
  if (end.kind === "detached") return;
  if (life.stop.denied) return await deps.orders.remove(held);
  await report(deps, held, { end, streamed, signal: life.signal });
}

/** Sends the result until the server has it, then forgets the attempt. */
async function report(
  deps: ExecutorDeps,
  held: HeldOrder,
  last: { end: Exclude<Ended, { kind: "detached" }> | Refused; streamed?: StreamedAttempt; signal: AbortSignal },
): Promise<void> {
  const { task_id, attempt, fence } = held.order;
  const payload: WorkResult = {
    task_id,
    attempt,
    fence,
    ...endingFor(last.end),
    recap: last.streamed?.recap ?? null,
    output_length: last.streamed?.outputLength ?? 0,
    progress_count: last.streamed?.progressCount ?? 0,
  };
  await deps.link.send(queues.result, { type: "work_result", payload }, last.signal);
  await deps.orders.remove(held);
}

function endingFor(end: Exclude<Ended, { kind: "detached" }> | Refused): ReturnType<typeof endingOf> {
  switch (end.kind) {
    case "finished":
      return endingOf(end.result);
    case "lost":
      return lostEnding(end.killed);
    case "refused":
      return { ...lostEnding(0), outcome: "failed", error: end.error };
  }
}
