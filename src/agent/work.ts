import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runFiles } from "../ansible/process/run-files.ts";
import { Progress, WorkResult } from "../contracts/agent-protocol.ts";
import type { z } from "zod";
import type { Order } from "./executor-deps.ts";
import type { Telling } from "./stream-attempt.ts";

/** One attempt as the code of an agent of one's own sees it. */
export interface Work {
  readonly taskId: string;
  readonly attempt: number;
  /** What is to be done: the step, as a person approved it, and the plan that it belongs to. */
  readonly parameters: Order["parameters"];
  /** True for previews: look at what would change, and change nothing. */
  readonly check: boolean;
  /** The step's secrets by name. They are taken out of output, progress and messages. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Aborted when it has to stop: cancelled, the lease is lost, its time is over, or the agent stops. */
  readonly signal: AbortSignal;
  /** Adds to the output, durably for this process: what was said survives it. */
  output(text: string): void;
  /** Tells how far it is. @throws where it is no progress of the protocol */
  progress(...steps: Progress[]): void;
}

/** How work ended. Nothing said: it succeeded, or was stopped where it was told to stop. An error that is thrown: it failed. */
export type WorkEnd = void | z.infer<typeof WorkResult>["outcome"] | { outcome: Outcome; message?: string };
type Outcome = WorkResult["outcome"];

/** Why work has to stop, as the protocol says it. */
export interface Stop {
  readonly outcome: "cancelled" | "failed";
  readonly code: 5001 | 5102 | 5103;
  readonly message: string;
}

/** How an attempt ended, as it is kept until the server has taken it. */
export const Ending = WorkResult.pick({ outcome: true, exit_code: true, error: true, resources_used: true });
export type Ending = z.infer<typeof Ending>;

/** The ending that an earlier life of the agent kept; undefined where there is none, or not all of it. */
export async function readEnding(file: string): Promise<Ending | undefined> {
  try {
    return Ending.safeParse(JSON.parse(await readFile(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** Output beyond this is dropped. Characters, about. */
const mostOutput = 1_000_000_000;
const longestMessage = 2_000;

/** Where the words of an attempt lie until the server has them. */
export interface Journal {
  output(text: string): void;
  progress(steps: readonly Progress[]): void;
  /** What comes later is dropped: the attempt has ended. */
  close(): void;
  length(): number;
}

/** @param runDir of the attempt; what an earlier life of the agent wrote there stays. */
export function openJournal(runDir: string): Journal {
  const append = (name: string, text: string) =>
    appendFileSync(path.join(runDir, name), text, { mode: 0o600 });
  // An earlier life may have been killed in the middle of a line.
  append(runFiles.events, "\n");
  let length = 0;
  let closed = false;
  return {
    output(text) {
      if (closed || length > mostOutput) return;
      length += text.length;
      append(runFiles.output, length > mostOutput ? "\n[the rest of the output was dropped]\n" : text);
    },
    progress(steps) {
      const lines = steps.map((step) => `${JSON.stringify(Progress.parse(step))}\n`);
      if (!closed) append(runFiles.events, lines.join(""));
    },
    close: () => {
      closed = true;
    },
    length: () => length,
  };
}

const newline = 10;

/** Reads the progress of a journal. */
export function tellingOfJournal(redact: (text: string) => string): Telling {
  let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  const parse = (line: string): Progress[] => {
    try {
      const parsed = Progress.safeParse(JSON.parse(line));
      return parsed.success ? [redacted(parsed.data, redact)] : [];
    } catch {
      return [];
    }
  };
  return {
    take(bytes) {
      const whole = Buffer.concat([rest, bytes]);
      const end = whole.lastIndexOf(newline) + 1;
      rest = whole.subarray(end);
      return whole.subarray(0, end).toString("utf8").split("\n").flatMap(parse);
    },
    recap: () => null,
  };
}

function redacted(progress: Progress, redact: (text: string) => string): Progress {
  const fields = Object.entries(progress).map(([key, value]): [string, unknown] => [
    key,
    typeof value === "string" && !["kind", "status", "at"].includes(key) ? redact(value) : value,
  ]);
  return Progress.parse(Object.fromEntries(fields));
}

export interface Performance {
  readonly execute: (work: Work) => Promise<WorkEnd> | WorkEnd;
  readonly work: Work;
  readonly journal: Journal;
  /** Why it was told to stop, if it was. */
  readonly stop: () => Stop | undefined;
  readonly redact: (text: string) => string;
  /** Milliseconds that it has to end after it was told to stop. */
  readonly grace: number;
}

/** Does the work, and says how it ended. Never rejects. */
export async function perform(of: Performance): Promise<Ending> {
  const began = performance.now();
  const settled = new AbortController();
  const end = await Promise.race([judged(of), overdue(of, settled.signal)]).finally(() => settled.abort());
  of.journal.close();
  const { message } = end.error ?? {};
  return {
    outcome: end.outcome,
    exit_code: null,
    error: end.error && { ...end.error, message: of.redact(message ?? "").slice(0, longestMessage) },
    resources_used: {
      // Nobody can tell apart what of the process's time was for this attempt.
      cpu_time_ms: null,
      wall_ms: Math.round(performance.now() - began),
      memory_peak_mb: null,
      gpu_vram_mb: null,
      bytes_out: of.journal.length(),
    },
  };
}

type Judged = Pick<Ending, "outcome" | "error">;

async function judged({ execute, work, stop }: Performance): Promise<Judged> {
  const stopped = (): Judged | undefined => {
    const why = stop();
    return why && { outcome: why.outcome, error: { code: why.code, message: why.message } };
  };
  try {
    const end = await execute(work);
    if (end === undefined) return stopped() ?? { outcome: "succeeded", error: null };
    const { outcome, message } = typeof end === "string" ? { outcome: end, message: undefined } : end;
    return { outcome, error: errorOf(outcome, message) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return stopped() ?? { outcome: "failed", error: errorOf("failed", message) };
  }
}

function errorOf(outcome: Outcome, message: string | undefined): Ending["error"] {
  switch (outcome) {
    case "succeeded":
      return null;
    case "failed":
      return { code: 5100, message: message ?? "the agent said that it failed" };
    case "cancelled":
      return { code: 5102, message: message ?? "stopped" };
    case "unknown":
      return { code: 5101, message: message ?? "the agent does not know whether it finished" };
  }
}

/** Resolves when work that was told to stop goes on all the same. */
async function overdue({ work, grace, stop }: Performance, settled: AbortSignal): Promise<Judged> {
  if (!work.signal.aborted)
    await new Promise<void>((resolve) => {
      work.signal.addEventListener("abort", () => resolve(), { once: true });
      settled.addEventListener("abort", () => resolve(), { once: true });
    });
  await delay(grace, undefined, { signal: settled }).catch(() => {});
  const message = `${stop()?.message ?? "it was told to stop"}, and it did not end: it may still run. Look at the hosts before you run it again.`;
  return { outcome: "unknown", error: { code: 5101, message } };
}
