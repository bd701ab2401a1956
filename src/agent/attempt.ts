import { setTimeout as delay } from "node:timers/promises";
import type { AttemptSpec } from "../ansible/process/attempt-spec.ts";
import { findCollections } from "../ansible/process/collections.ts";
import { prepareAttempt, type Prepared } from "../ansible/process/prepare.ts";
import { adoptSupervisor, startSupervisor } from "../ansible/process/start-supervisor.ts";
import type { Supervised } from "../ansible/process/supervise.ts";
import { queues, type WorkResult } from "../contracts/agent-protocol.ts";
import type { AgentError } from "../contracts/run.ts";
import { ChiffonError } from "../domain/errors.ts";
import { isFullDisk } from "../domain/full-disk.ts";
import { findFault, findMovedSecret } from "./check-order.ts";
import { closeEnd, type Ended } from "./ended.ts";
import type { ExecutorDeps } from "./executor-deps.ts";
import { offerUntilWord, renewLease, type Word } from "./lease.ts";
import { openApproved } from "./open-snapshot.ts";
import type { HeldOrder, Refusal } from "./order-store.ts";
import { endingOf, fullDisk, lostEnding, restartedEnding } from "./outcome.ts";
import type { Failure } from "./progress.ts";
import { createPace, type AttemptPace } from "./pace.ts";
import { hashEnvironment, specOf } from "./spec.ts";
import { streamAttempt, type StreamedAttempt } from "./stream-attempt.ts";
import { failpoint } from "../ports/failpoint.ts";

/** One attempt on this agent, from the held order to the result that the server has taken. */
export interface AttemptLife {
  readonly held: HeldOrder;
  /** The server has committed the start record and granted the lease: begin. Repeats are harmless. */
  grant(): void;
  /** The server says that the attempt is over: stop without a result. */
  deny(): void;
  cancel(reason: string): void;
  /** Somebody looks at its run: what it writes is wanted at once. */
  watch(): void;
  /** Settles when nothing of the attempt is left on this agent, or we were told to detach. */
  readonly over: Promise<void>;
}

type Found = Awaited<ReturnType<typeof adoptSupervisor>>;
/** Nothing ran, and nothing of this attempt will. */
type Refused = { kind: "refused" } & Refusal;

interface Life {
  readonly deps: ExecutorDeps;
  readonly held: HeldOrder;
  readonly signal: AbortSignal;
  /** The server's word, once it has come. */
  readonly word: Promise<Word>;
  readonly pace: AttemptPace;
  denied: boolean;
  stopReason: string | undefined;
  /** When the server was last asked for its word, in milliseconds since 1970. */
  offeredAt: number;
  /** Aborted with `stopReason`: what is still being prepared is not needed. */
  readonly stopped: AbortController;
  supervised: Supervised | undefined;
}

/** @param signal aborts our interest, not the playbook: it goes on, and the next start of the agent adopts it. */
export function liveAttempt(deps: ExecutorDeps, held: HeldOrder, signal: AbortSignal): AttemptLife {
  const word = Promise.withResolvers<Word>();
  const life: Life = {
    deps,
    held,
    signal,
    word: word.promise,
    pace: createPace(deps.clock),
    denied: false,
    offeredAt: 0,
    stopReason: undefined,
    stopped: new AbortController(),
    supervised: undefined,
  };
  const detach = () => life.supervised?.detach();
  signal.addEventListener("abort", detach);
  const over = liveOn(life).finally(() => signal.removeEventListener("abort", detach));
  const stop = (reason: string) => {
    life.stopReason ??= reason;
    life.stopped.abort(new Error(reason));
    tellSupervisor(life);
  };
  return {
    held,
    grant: () => word.resolve("granted"),
    deny() {
      life.denied = true;
      word.resolve("denied");
      stop("the server gave the task to another attempt, or ended it");
    },
    // Before the beginning it does not end the wait: only the server knows whether it counts the attempt as started.
    cancel: stop,
    watch: life.pace.watch,
    over,
  };
}

function tellSupervisor(life: Life): void {
  if (life.stopReason !== undefined) life.supervised?.cancel(life.stopReason).catch(life.deps.onError);
}

/** What goes wrong on our side (a disk, a database) is tried again from what lies in the run directory. Never rejects. */
async function liveOn(life: Life): Promise<void> {
  const { deps, signal } = life;
  for (let wait = deps.waits.renewEvery / 10; ; wait = Math.min(2 * wait, 3 * deps.waits.renewEvery)) {
    try {
      return await liveOnce(life);
    } catch (error) {
      life.supervised?.detach();
      life.supervised = undefined;
      if (signal.aborted) return;
      deps.onError(error);
      await delay(wait, undefined, { signal }).catch(() => {});
    }
    if (signal.aborted) return;
  }
}

async function liveOnce(life: Life): Promise<void> {
  const { deps, held, signal } = life;
  const refusal = await deps.orders.findRefusal(held);
  if (refusal !== undefined) return await report(life, { end: { kind: "refused", ...refusal } });
  let found: Found | Refused | undefined = await adoptSupervisor(deps.orders.runDir(held));
  if (found.kind === "lost" && found.reason === "not-started") found = await begin(life);
  if (found === undefined) return await deps.orders.remove(held);
  if (found.kind === "refused") {
    // Told to stop in the middle: nothing is decided, the next start of the agent begins anew.
    if (signal.aborted) return;
    await deps.orders.refuse(held, { outcome: found.outcome, error: found.error });
    failpoint("attempt.refused");
    return await report(life, { end: found });
  }
  if (found.kind !== "running") return await finish(life, closeEnd(life, found));
  life.supervised = found;
  failpoint("attempt.begun");
  if (signal.aborted) found.detach();
  tellSupervisor(life);
  const ended = found.ended.then((end) => closeEnd(life, end));
  ended.catch(() => {});
  await finish(life, ended);
}

/** Undefined when the server does not want the attempt (any more). */
async function begin(life: Life): Promise<Found | Refused | undefined> {
  const { deps, held, signal } = life;
  await deps.orders.clear(held);
  failpoint("attempt.cleared");
  const word = await offerUntilWord(deps, {
    order: held.order,
    word: life.word,
    signal,
    onOffer: () => (life.offeredAt = deps.clock.now().getTime()),
  });
  failpoint("attempt.word");
  signal.throwIfAborted();
  if (word === "denied" || life.denied) return undefined;
  if (life.stopReason !== undefined) return refuseStopped(life.stopReason);
  const found = await tryStart(life);
  return life.denied && found.kind === "refused" ? undefined : found;
}

function refuse(error: AgentError, outcome: Refused["outcome"] = "failed"): Refused {
  return { kind: "refused", outcome, error };
}

function refuseStopped(reason: string): Refused {
  return refuse({ code: 5102, message: `stopped before anything ran: ${reason}` }, "cancelled");
}

async function tryStart(life: Life): Promise<Found | Refused> {
  const { deps, held } = life;
  try {
    const ready = await prepare(life);
    failpoint("attempt.prepared");
    return ready.kind === "refused"
      ? ready
      : await startSupervisor(ready.spec, ready.prepared, deps.supervisor);
  } catch (error) {
    if (!ChiffonError.is(error) && !isFullDisk(error)) deps.onError(error);
    // It may run all the same. When it does not, this look makes sure that it never will.
    const found = await adoptSupervisor(deps.orders.runDir(held));
    if (found.kind !== "lost" || found.reason !== "not-started") return found;
    if (life.stopReason !== undefined) return refuseStopped(life.stopReason);
    if (isFullDisk(error)) return refuse(fullDisk(deps.orders.root));
    const message = error instanceof Error ? error.message : String(error);
    return refuse({ code: 5104, message: `nothing ran: ${message}` });
  }
}

/** Checks the order against what a person approved and what lies here, and makes the run directory. */
async function prepare({
  deps,
  held,
  signal,
  stopped,
  offeredAt,
}: Life): Promise<{ kind: "ready"; spec: AttemptSpec; prepared: Prepared } | Refused> {
  const { order } = held;
  const { step } = order.parameters;
  const tools = await deps.tools();
  const fault = findFault(order, {
    agentId: deps.agentId,
    sha256: deps.sha256,
    verify: deps.verify,
    environment: (given) => hashEnvironment(given.parameters.step, deps.sha256),
    ansibleCore: tools?.version,
    collections: tools ? await findCollections(namesOf(step.collections), tools) : [],
    now: deps.clock.now(),
  });
  if (fault || !tools) return refuse(fault ?? { code: 5006, message: "this agent has no Ansible" });
  const opened = await openApproved(deps, order, AbortSignal.any([signal, stopped.signal]));
  if ("fault" in opened) return refuse(opened.fault);
  failpoint("attempt.snapshot-verified");
  const secrets = await deps.secrets.values(order, step.secrets);
  const moved = findMovedSecret(step.secrets, secrets);
  if (moved) return refuse(moved);
  const { waitScale, outputCapBytes } = deps;
  const runDir = deps.orders.runDir(held);
  const spec = specOf(held, {
    ...opened.snapshot,
    runDir,
    tools,
    secrets,
    outputCapBytes,
    waitScale,
    offeredAt,
  });
  return { kind: "ready", spec, prepared: await prepareAttempt(spec) };
}

const namesOf = (of: readonly { name: string }[]): string[] => of.map((each) => each.name);

/** Renews towards the server, and passes each renewal that it took on to the supervisor. Never rejects. */
async function keepLease(life: Life, until: AbortSignal): Promise<void> {
  await renewLease(life.deps, {
    order: life.held.order,
    until,
    onVerdict: async (verdict) => {
      if (verdict === "ack") await life.supervised?.renew();
    },
  });
}

/** Sends what the attempt writes, and its result. The lease is kept up to then: a long output takes longer than its playbook. */
async function finish(life: Life, ended: Promise<Ended>): Promise<void> {
  const { deps, held, signal } = life;
  const sent = new AbortController();
  const renewing = keepLease(life, AbortSignal.any([sent.signal, signal]));
  const streamed = await sendAll(life, ended).finally(() => sent.abort());
  const end = await ended;
  failpoint("attempt.ended");
  if (end.kind === "detached") return;
  // A renewal that arrives behind the result would make an attempt of unknown outcome look alive again.
  await renewing;
  if (life.denied) return await deps.orders.remove(held);
  await report(life, { end, streamed });
}

async function sendAll({ deps, held, signal, pace }: Life, ended: Promise<Ended>): Promise<StreamedAttempt> {
  const { task_id, attempt, fence } = held.order;
  return await streamAttempt({
    runDir: deps.orders.runDir(held),
    key: { task_id, attempt, fence },
    link: deps.link,
    secrets: await deps.secrets.values(held.order, held.redacted),
    ended,
    signal,
    pace,
  });
}

/** Sends the result until the server has it, then forgets the attempt. */
async function report(
  { deps, held, signal }: Life,
  last: { end: Exclude<Ended, { kind: "detached" }> | Refused; streamed?: StreamedAttempt },
): Promise<void> {
  const { task_id, attempt, fence } = held.order;
  const payload: WorkResult = {
    task_id,
    attempt,
    fence,
    ...endingFor(last.end, last.streamed?.failure ?? null),
    recap: last.streamed?.recap ?? null,
    output_length: last.streamed?.outputLength ?? 0,
    progress_count: last.streamed?.progressCount ?? 0,
    ...(last.streamed === undefined ? {} : { output_sha256: last.streamed.outputSha256 }),
  };
  await deps.link.send(queues.result, { type: "work_result", payload }, signal);
  failpoint("attempt.reported");
  await deps.orders.remove(held);
  failpoint("attempt.removed");
}

function endingFor(
  end: Exclude<Ended, { kind: "detached" }> | Refused,
  failure: Failure | null,
): ReturnType<typeof endingOf> {
  switch (end.kind) {
    case "finished":
      return endingOf(end.result, failure);
    case "lost":
      return lostEnding(end.killed, end.remote);
    case "restarted":
      return restartedEnding();
    case "refused":
      return { ...lostEnding(0), outcome: end.outcome, error: end.error };
  }
}
