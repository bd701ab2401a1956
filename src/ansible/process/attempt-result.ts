import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Id, Instant } from "../../contracts/vocabulary.ts";
import { RemoteSweep } from "./remote-sweep.ts";
import { runFiles } from "./run-files.ts";

/** What the supervisor leaves when an attempt has ended. */
export const AttemptResult = z.object({
  version: z.literal(1),
  attemptId: Id,
  /**
   * `exited`: Ansible ended by itself, see exitCode. `cancelled`, `timeout`, `orphaned`: stopped from outside. `terminated`:
   * somebody told the supervisor itself to end (SIGTERM), as a machine does that goes down.
   * `refused`: an input had changed; nothing ran. `spawn-failed`: nothing ran.
   */
  reason: z.enum(["exited", "cancelled", "terminated", "timeout", "orphaned", "refused", "spawn-failed"]),
  /** Ansible's: 0 fine, 2 a host failed, 4 a host was unreachable, 99 interrupted. Null when it did not exit itself. */
  exitCode: z.int().nullable(),
  signal: z.int().nullable(),
  /** As given to cancel. */
  cancelReason: z.string().nullable(),
  /** Why nothing was started; `code` is that of the agent protocol. */
  refused: z.object({ code: z.int().nullable(), message: z.string() }).nullable(),
  /** The host that nobody approved and that a task would have touched: the run was ended for it. */
  extraHost: z.object({ extra: z.string(), task: z.string(), message: z.string() }).nullable().default(null),
  /** Null when nothing was started. */
  startedAt: Instant.nullable(),
  endedAt: Instant,
  wallMs: z.number(),
  /** User and system time of Ansible and everything below it, without the supervisor. */
  cpuMs: z.number(),
  supervisorCpuMs: z.number(),
  /** Resident memory of the largest single process. */
  memoryPeakKb: z.number(),
  /** Bytes that Ansible wrote; output.log has them without droppedBytes, plus a note wherever some are missing. */
  outputBytes: z.number(),
  droppedBytes: z.number(),
  /** Belongs behind output.log: the note about what is missing at its end, when the disk had no room for that either. */
  outputRest: z.string().max(1_000).default(""),
  eventBytes: z.number(),
  /** Processes that had to be killed after Ansible's own end. */
  leftoversKilled: z.int(),
  /** Processes that could not be killed (another user's, or stuck in the kernel). */
  leftoversAlive: z.int(),
  /** What was left on remote hosts; null when there was nothing to look for. Only after it was cut off. */
  remote: RemoteSweep.nullable().default(null),
  /** Services that the play started on this machine in a session of their own; left running. Only after `exited`. */
  daemonsLeft: z.int(),
});
export type AttemptResult = z.infer<typeof AttemptResult>;

/** The attempt has ended and its result is known. */
export type FinishedAttempt = { kind: "finished"; result: AttemptResult };

/**
 * Nobody supervises the attempt and there is no result. After `not-started` nothing has run and nothing can start any
 * more; after `died` (the supervisor was killed, or the machine was restarted) nobody knows how far it came.
 */
export type LostAttempt = { kind: "lost"; reason: "not-started" | "died" };

/** Who supervises an attempt, as the supervisor wrote it down before it started anything; null: nobody ever will. */
export const SupervisorIdentity = z.union([
  z.object({
    version: z.literal(1),
    attemptId: Id,
    pid: z.int().min(1),
    bootId: z.string(),
    /** Clock ticks after boot; with pid and bootId it names one process for ever. */
    startTime: z.int(),
  }),
  z.object({ version: z.literal(1), attemptId: z.null() }),
]);
export type SupervisorIdentity = z.infer<typeof SupervisorIdentity>;

/** The result in a run directory, undefined while there is none. It appears whole, by rename. */
export async function findResult(runDir: string): Promise<AttemptResult | undefined> {
  const text = await findText(join(runDir, runFiles.result));
  return text === undefined ? undefined : AttemptResult.parse(JSON.parse(text));
}

/** The supervisor of a run directory, undefined when none has claimed it. It appears whole, so an empty file is nobody's. */
export async function findIdentity(runDir: string): Promise<SupervisorIdentity | undefined> {
  const text = await findText(join(runDir, runFiles.supervisor));
  if (text === "") return { version: 1, attemptId: null };
  return text === undefined ? undefined : SupervisorIdentity.parse(JSON.parse(text));
}

async function findText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** True for "no such file". */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
