import { open } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type FinishedAttempt, findIdentity, type LostAttempt } from "../ansible/process/attempt-result.ts";
import { createEventDecoder } from "../ansible/process/event-decoder.ts";
import { readBootId } from "../ansible/process/processes.ts";
import { runFiles } from "../ansible/process/run-files.ts";
import { readPieces } from "../ansible/snapshot/read-pieces.ts";
import type { ExecutorDeps } from "./executor-deps.ts";
import type { HeldOrder } from "./order-store.ts";

/** How long a machine that was told to restart may take to go down, in renewals of the lease: two minutes. */
const renewalsUntilDown = 12;

/**
 * Whether an attempt was cut off because it restarted this machine, as its approved step means to: one of the tasks that do it
 * had begun, and the machine has started anew since. While it still goes down, this waits, and the next start of the agent
 * decides.
 * @throws what `signal` is aborted with
 */
export async function hasRestarted(
  { waits, orders }: Pick<ExecutorDeps, "waits" | "orders">,
  of: { held: HeldOrder; end: FinishedAttempt | LostAttempt; signal: AbortSignal },
): Promise<boolean> {
  const { purpose, parameters } = of.held.order;
  const { restartsHere: sources = [], check } = parameters.step;
  if (sources.length === 0 || check || purpose !== "change" || !wasCutOff(of.end)) return false;
  const runDir = orders.runDir(of.held);
  const identity = await findIdentity(runDir);
  if (identity === undefined || identity.attemptId === null) return false;
  if (!(await hasBegun(runDir, { sources, project: parameters.step.project }))) return false;
  for (let left = renewalsUntilDown; left > 0; left -= 1) {
    if (identity.bootId !== (await readBootId())) return true;
    await delay(waits.renewEvery, undefined, { signal: of.signal });
  }
  return false;
}

/** Not by its own decision, nor by a person's. */
function wasCutOff(end: FinishedAttempt | LostAttempt): boolean {
  if (end.kind === "lost") return end.reason === "died";
  const { reason, exitCode } = end.result;
  return reason === "terminated" || (reason === "exited" && exitCode === null);
}

/** Whether one of the tasks had begun, as Ansible's own events say. */
async function hasBegun(
  runDir: string,
  tasks: { sources: readonly string[]; project: string },
): Promise<boolean> {
  const decoder = createEventDecoder(0);
  await using file = await open(path.join(runDir, runFiles.events));
  for await (const bytes of readPieces(file)) {
    for (const event of decoder.push(bytes))
      if (event.ev === "task_start" && event.path !== null && isAmong(tasks, event.path)) return true;
  }
  return false;
}

/** Events name files relative to the project, and as a whole where they lie outside of it. */
function isAmong({ sources, project }: { sources: readonly string[]; project: string }, at: string): boolean {
  return path.posix.isAbsolute(at)
    ? sources.some((source) => at.endsWith(`/${source}`))
    : sources.includes(path.posix.join(project, at));
}
