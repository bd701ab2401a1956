import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SeenRun, SeenTask, Stop } from "../../domain/preview/facts.ts";
import type { AttemptResult } from "../process/attempt-result.ts";
import type { AttemptSpec } from "../process/attempt-spec.ts";
import { createEventDecoder } from "../process/event-decoder.ts";
import type { AnsibleEvent } from "../process/events.ts";
import { guardLog, parseGuardNotes } from "../process/guard.ts";
import { prepareAttempt } from "../process/prepare.ts";
import { sweepAttempt } from "../process/processes.ts";
import { runFiles } from "../process/run-files.ts";
import { startSupervisor } from "../process/start-supervisor.ts";
import type { AttemptEnd, Supervised } from "../process/supervise.ts";
import { tailFile } from "../process/tail.ts";
import { collectHidden, collectTasks } from "./collect.ts";

/** How often the supervisor is told that somebody still wants the preview, in ms. */
const renewEvery = 5_000;
const largestOutput = 20_000;
/** How often the events are read, in ms: somebody looks at them. */
const readEvery = 500;

export interface PreviewRun {
  readonly seen: SeenRun;
  /** It was stopped because the signal was aborted. */
  readonly cancelled: boolean;
}

/**
 * Runs an attempt in check mode to its end and tells what it showed. The run directory is removed. `signal` cancels it; then nothing
 * of it is left when this resolves.
 */
export async function runPreview(
  spec: AttemptSpec & { check: true },
  place: { project: string; treeDir: string },
  options: {
    redact: (text: string) => string;
    signal: AbortSignal;
    /** Gets each event as soon as it is there. */
    onEvent: (event: AnsibleEvent) => void;
  },
): Promise<PreviewRun> {
  try {
    const supervised = await startSupervisor(spec, await prepareAttempt(spec));
    const [end, events] = await Promise.all([
      follow(supervised, options.signal),
      readEvents(spec, supervised.ended, options.onEvent),
    ]);
    return await read(spec, place, { ...options, end, events });
  } finally {
    await sweepAttempt(spec.attemptId);
    await rm(spec.runDir, { recursive: true, force: true });
  }
}

async function follow(supervised: Supervised, signal: AbortSignal): Promise<AttemptEnd> {
  const over = new AbortController();
  const cancel = (): void => void supervised.cancel("nobody wants it any more").catch(() => {});
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel);
  const renewing = renew(supervised, over.signal);
  try {
    return await supervised.ended;
  } finally {
    over.abort();
    signal.removeEventListener("abort", cancel);
    await renewing;
  }
}

/** Without a sign of life the supervisor ends the playbook: a server that was killed leaves none behind. */
async function renew(supervised: Supervised, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await supervised.renew().catch(() => {});
    await delay(renewEvery, undefined, { signal: over }).catch(() => {});
  }
}

async function readEvents(
  spec: AttemptSpec,
  ended: Promise<unknown>,
  onEvent: (event: AnsibleEvent) => void,
): Promise<AnsibleEvent[]> {
  const decoder = createEventDecoder(0);
  const events: AnsibleEvent[] = [];
  await tailFile(join(spec.runDir, runFiles.events), {
    from: 0,
    // A cancelled run is read to its end, too.
    signal: new AbortController().signal,
    ended,
    pace: { activeMs: () => readEvery, onHurry: () => () => {} },
    onChunk: async (bytes) => {
      for (const event of decoder.push(bytes)) {
        events.push(event);
        onEvent(event);
      }
    },
  });
  return events;
}

async function read(
  spec: AttemptSpec,
  place: { project: string; treeDir: string },
  how: {
    redact: (text: string) => string;
    signal: AbortSignal;
    end: AttemptEnd;
    events: readonly AnsibleEvent[];
  },
): Promise<PreviewRun> {
  const notes = parseGuardNotes(await readFile(join(spec.runDir, guardLog), "utf8").catch(() => ""));
  const tasks = collectTasks({ events: how.events, notes }, place, how.redact);
  const hidden = collectHidden(notes, place);
  const output = await readFile(join(spec.runDir, runFiles.output), "utf8");
  const refused = notes.find(
    (note) => note.kind === "refused" && note.task === null && !note.what.startsWith("plug-ins"),
  );
  const said = refused === undefined ? undefined : `${refused.what} needs trust in the repository`;
  return {
    seen: { tasks, hidden, stopped: stoppedBy(how.end, { said, output, redact: how.redact, spec, tasks }) },
    cancelled: how.signal.aborted,
  };
}

interface Said {
  readonly said: string | undefined;
  readonly output: string;
  readonly redact: (text: string) => string;
  readonly spec: AttemptSpec;
  readonly tasks: readonly SeenTask[];
}

/** Why it did not come to its end by itself; null when it did. */
function stoppedBy(end: AttemptEnd, what: Said): Stop | null {
  const other = (why: string): Stop => ({ kind: "other", why });
  if (end.kind === "lost") return other("its supervisor was ended");
  if (end.kind === "detached") return other("nobody watched it");
  const { result } = end;
  switch (result.reason) {
    case "exited":
      return ofExit(result, what);
    case "cancelled":
    case "terminated":
      return other("it was cancelled");
    case "timeout":
      return { kind: "time", why: `it took longer than ${secondsOf(what.spec)} seconds` };
    case "orphaned":
      return other("the server went away");
    case "refused":
    case "spawn-failed":
      return other(result.refused?.message ?? "it could not be started");
    default:
      return result.reason satisfies never;
  }
}

/** Limits are given before they are scaled. */
const secondsOf = ({ timeoutSeconds, waitScale }: AttemptSpec): number =>
  Math.round(timeoutSeconds * waitScale);

/** 2 and 4: a host failed or was not reached; the results say more. Anything else is Ansible's own error, and so may 4 be. */
function ofExit({ exitCode }: AttemptResult, { said, output, redact, tasks }: Said): Stop | null {
  if (exitCode === 0) return null;
  if (said !== undefined) return { kind: "other", why: said };
  const isUnreached = tasks.some((task) => task.results.some((result) => result.status === "unreachable"));
  if (exitCode === 4 && isUnreached) return { kind: "failed", why: "a host could not be reached" };
  if (exitCode === 2) return { kind: "failed", why: "check mode could not do a task" };
  const plain = redact(output).replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "");
  const error = /^(?:ERROR!|\[ERROR\]:?|fatal:)\s*([^\n]*)/m.exec(plain)?.[1];
  const last = plain.slice(-largestOutput).trim().split("\n").at(-1) ?? "";
  return { kind: "other", why: `Ansible ended with an error: ${(error ?? last).slice(0, 500)}` };
}
