import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { queues, type WorkResult } from "../contracts/agent-protocol.ts";
import { isFullDisk } from "../domain/full-disk.ts";
import { compileSecrets, redactText } from "../domain/redaction/redactor.ts";
import type { AttemptLife } from "./attempt.ts";
import { findMovedSecret, findUnapproved } from "./check-order.ts";
import type { ExecutorDeps } from "./executor-deps.ts";
import { offerUntilWord, renewLease, type Word } from "./lease.ts";
import { writeDurably, type HeldOrder, type Refusal } from "./order-store.ts";
import { fullDisk, lostEnding } from "./outcome.ts";
import { createPace, type AttemptPace } from "./pace.ts";
import { streamAttempt, type StreamedAttempt } from "./stream-attempt.ts";
import { openJournal, perform, readEnding, tellingOfJournal } from "./work.ts";
import type { Ending, Stop, Work, WorkEnd } from "./work.ts";

/** What an agent does by code of its own, instead of by Ansible. */
export interface WorkCode {
  /** Does the work of an order that a person approved, once. */
  execute(work: Work): Promise<WorkEnd> | WorkEnd;
  /** Picks up work that was under way when the agent's process ended. Without it such work ends as unknown. */
  adopt?(work: Work): Promise<WorkEnd> | WorkEnd;
}

/** What the life of such work needs. */
export interface WorkDeps extends Pick<
  ExecutorDeps,
  "agentId" | "link" | "orders" | "clock" | "waits" | "sha256" | "verify" | "secrets" | "onError"
> {
  readonly code: WorkCode;
}

type Reported = { ending: Ending; streamed?: StreamedAttempt };

interface Life {
  readonly deps: WorkDeps;
  readonly held: HeldOrder;
  /** The agent stops. */
  readonly signal: AbortSignal;
  /** Aborted a little after `signal`: until then the result of what was stopped is said. */
  readonly patience: AbortSignal;
  readonly word: Promise<Word>;
  readonly pace: AttemptPace;
  readonly stopped: AbortController;
  stop: Stop | undefined;
  denied: boolean;
  /** Its end, once it has begun in this process: nothing begins it again. */
  ended: Promise<Ending> | undefined;
}

const files = { begun: "begun", ending: "ending.json" } as const;
/** Bytes that the ending finds reserved on a disk that gets full. */
const endingRoom = 8_192;
const longestTimer = 2 ** 31 - 1;

/** One attempt of an agent with code of its own, from the held order to the result that the server has taken. */
export function liveWork(deps: WorkDeps, held: HeldOrder, signal: AbortSignal): AttemptLife {
  const word = Promise.withResolvers<Word>();
  const patience = new AbortController();
  const life: Life = {
    deps,
    held,
    signal,
    patience: patience.signal,
    word: word.promise,
    pace: createPace(deps.clock),
    stopped: new AbortController(),
    stop: undefined,
    denied: false,
    ended: undefined,
  };
  let limit: NodeJS.Timeout | undefined;
  const detach = (): void => {
    stopWork(life, { outcome: "cancelled", code: 5102, message: "stopped: its agent was told to end" });
    limit = setTimeout(() => patience.abort(signal.reason), deps.waits.renewEvery / 2);
  };
  signal.addEventListener("abort", detach);
  const over = liveOn(life).finally(() => {
    signal.removeEventListener("abort", detach);
    clearTimeout(limit);
  });
  const cancel = (reason: string): void =>
    stopWork(life, { outcome: "cancelled", code: 5102, message: `stopped: ${reason}` });
  return {
    held,
    grant: () => word.resolve("granted"),
    deny() {
      life.denied = true;
      word.resolve("denied");
      cancel("the server gave the task to another attempt, or ended it");
    },
    cancel,
    watch: life.pace.watch,
    over,
  };
}

function stopWork(life: Life, stop: Stop): void {
  life.stop ??= stop;
  life.stopped.abort(new Error(life.stop.message));
}

/** What goes wrong on our side is tried again. Never rejects. */
async function liveOn(life: Life): Promise<void> {
  const { deps, signal, patience } = life;
  for (let wait = deps.waits.renewEvery / 10; ; wait = Math.min(2 * wait, 3 * deps.waits.renewEvery)) {
    try {
      return await liveOnce(life);
    } catch (error) {
      if (signal.aborted) return;
      deps.onError(error);
      await delay(wait, undefined, { signal: patience }).catch(() => {});
    }
    if (signal.aborted) return;
  }
}

async function liveOnce(life: Life): Promise<void> {
  const { deps, held, signal } = life;
  if (life.ended === undefined) {
    const refused = (await deps.orders.findRefusal(held)) ?? (await begin(life));
    if (refused === "denied") return await deps.orders.remove(held);
    if (refused !== undefined) {
      if (signal.aborted) return;
      await deps.orders.refuse(held, refused);
      return await report(life, { ending: { ...lostEnding(0), ...refused } });
    }
  }
  if (life.ended !== undefined) await finish(life, life.ended);
}

/** Begins it, or finds what an earlier life of this agent began; says why neither is possible. */
async function begin(life: Life): Promise<Refusal | "denied" | undefined> {
  const { deps, held, signal } = life;
  const runDir = deps.orders.runDir(held);
  if (await isThere(path.join(runDir, files.begun))) {
    life.ended = goOn(life).catch((error: unknown) => notBegun(deps, error, "unknown"));
    return undefined;
  }
  await deps.orders.clear(held);
  const word = await offerUntilWord(deps, { order: held.order, word: life.word, signal, onOffer: () => {} });
  signal.throwIfAborted();
  if (word === "denied" || life.denied) return "denied";
  if (life.stop !== undefined)
    return { outcome: "cancelled", error: { code: life.stop.code, message: life.stop.message } };
  const fault = findUnapproved(held.order, { ...deps, now: deps.clock.now() });
  if (fault !== undefined) return { outcome: "failed", error: fault };
  const moved = findMovedSecret(held.order.parameters.step.secrets, await secretsOf(life));
  if (moved !== undefined) return { outcome: "failed", error: moved };
  try {
    await mkdir(runDir, { recursive: true, mode: 0o700 });
    await writeFile(path.join(runDir, `${files.ending}.new`), " ".repeat(endingRoom), { mode: 0o600 });
    // From here on it may have had an effect: no later life of this agent begins it again.
    await writeDurably(path.join(runDir, files.begun), "");
  } catch (error) {
    if (!isFullDisk(error)) throw error;
    return { outcome: "failed", error: fullDisk(deps.orders.root) };
  }
  life.ended = doWork(life, (work) => deps.code.execute(work)).catch((error: unknown) =>
    notBegun(deps, error, "failed"),
  );
  return undefined;
}

/** The code was not reached. */
function notBegun(deps: WorkDeps, error: unknown, outcome: "failed" | "unknown"): Ending {
  deps.onError(error);
  const message = `the agent's code was not reached: ${error instanceof Error ? error.message : String(error)}`;
  return { ...lostEnding(0), outcome, error: { code: outcome === "failed" ? 5104 : 5101, message } };
}

/** It had begun when the agent's process ended: its end was kept, or its code picks it up, or nobody knows. */
async function goOn(life: Life): Promise<Ending> {
  const { deps, held } = life;
  const kept = await readEnding(path.join(deps.orders.runDir(held), files.ending));
  if (kept !== undefined) return kept;
  const { code } = deps;
  if (code.adopt !== undefined) return await doWork(life, (work) => code.adopt?.(work));
  const message =
    "the process of its agent ended in the middle; nobody knows how far it came. Look at the hosts before you run it again.";
  return { ...lostEnding(0), error: { code: 5101, message } };
}

async function doWork(life: Life, execute: (work: Work) => Promise<WorkEnd> | WorkEnd): Promise<Ending> {
  const { deps, held } = life;
  const { order } = held;
  const secrets = await secretsOf(life);
  const patterns = compileSecrets(await deps.secrets.values(order, held.redacted));
  const runDir = deps.orders.runDir(held);
  const journal = openJournal(runDir);
  const { step } = order.parameters;
  const late: Stop = {
    outcome: "failed",
    code: 5001,
    message: "it took longer than its time limit and was stopped",
  };
  const limit = setTimeout(() => stopWork(life, late), Math.min(step.timeoutSeconds * 1_000, longestTimer));
  const ending = await perform({
    execute,
    work: {
      taskId: order.task_id,
      attempt: order.attempt,
      parameters: order.parameters,
      check: order.purpose === "preview" || step.check,
      secrets: Object.fromEntries(secrets.map(({ name, value }) => [name, value])),
      signal: life.stopped.signal,
      output: journal.output,
      progress: (...steps) => journal.progress(steps),
    },
    journal,
    stop: () => life.stop,
    redact: (text) => redactText(patterns, text),
    grace: deps.waits.beginWithin,
  }).finally(() => clearTimeout(limit));
  await writeDurably(path.join(runDir, files.ending), JSON.stringify(ending)).catch(deps.onError);
  return ending;
}

async function secretsOf({ deps, held }: Life): ReturnType<WorkDeps["secrets"]["values"]> {
  return await deps.secrets.values(held.order, held.order.parameters.step.secrets);
}

/** Sends what the work says, and its result. The lease is kept up to then. */
async function finish(life: Life, ended: Promise<Ending>): Promise<void> {
  const { deps, held, patience } = life;
  const { order } = held;
  const sent = new AbortController();
  const renewing = keepLease(life, AbortSignal.any([sent.signal, patience]));
  const { task_id, attempt, fence } = order;
  const streamed = await streamAttempt({
    runDir: deps.orders.runDir(held),
    key: { task_id, attempt, fence },
    link: deps.link,
    secrets: await deps.secrets.values(order, held.redacted),
    ended: ended.then(() => ({ kind: "finished" })),
    signal: patience,
    pace: life.pace,
    telling: tellingOfJournal,
  }).finally(() => sent.abort());
  // A renewal that arrives behind the result would make an attempt of unknown outcome look alive again.
  await renewing;
  if (life.denied) return await deps.orders.remove(held);
  await report(life, { ending: await ended, streamed });
}

/** Never rejects. Work whose server cannot be reached for too long is stopped, as a playbook is by its supervisor. */
async function keepLease(life: Life, until: AbortSignal): Promise<void> {
  const { deps, held } = life;
  const orphan: Stop = {
    outcome: "failed",
    code: 5103,
    message: "it was stopped because its agent was without its server for too long",
  };
  let heard = deps.clock.now().getTime();
  await renewLease(deps, {
    order: held.order,
    until,
    onVerdict: (verdict) => {
      const now = deps.clock.now().getTime();
      // Also when the server has just answered: after a sleep of this machine it may have given the hosts to others.
      if (now - heard > held.order.orphan_limit_seconds * 1_000) stopWork(life, orphan);
      else if (verdict === "ack") heard = now;
      return Promise.resolve();
    },
  });
}

/** Sends the result until the server has it, then forgets the attempt. */
async function report({ deps, held, patience }: Life, { ending, streamed }: Reported): Promise<void> {
  const { task_id, attempt, fence } = held.order;
  const payload: WorkResult = {
    task_id,
    attempt,
    fence,
    ...ending,
    recap: null,
    output_length: streamed?.outputLength ?? 0,
    progress_count: streamed?.progressCount ?? 0,
    ...(streamed === undefined ? {} : { output_sha256: streamed.outputSha256 }),
  };
  await deps.link.send(queues.result, { type: "work_result", payload }, patience);
  await deps.orders.remove(held);
}

async function isThere(file: string): Promise<boolean> {
  return await readFile(file).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    },
  );
}
