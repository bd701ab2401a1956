import { open, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Readable } from "node:stream";
import { ChiffonError } from "../../domain/errors.ts";
import type { AttemptSpec } from "./attempt-spec.ts";
import {
  findIdentity,
  findResult,
  type FinishedAttempt,
  isMissing,
  type LostAttempt,
} from "./attempt-result.ts";
import { literalSecrets } from "./literal-variables.ts";
import type { Prepared } from "./prepare.ts";
import { runFiles } from "./run-files.ts";
import { createEnded, superviseClaimed, type Supervised } from "./supervise.ts";
import { spawnSupervisor, type SupervisorProcess, type WaitingSupervisor } from "./waiting-supervisor.ts";

/**
 * Starts the supervisor of a prepared attempt, and with it the playbook; one that `waiting` has ready is used. Resolves when the
 * playbook runs or has been refused. Throws ChiffonError already-running when the attempt is supervised, missing-tool when Python does not start.
 */
export async function startSupervisor(
  spec: AttemptSpec,
  prepared: Prepared,
  waiting?: WaitingSupervisor,
): Promise<Supervised> {
  const secrets = literalSecrets(spec.secrets, spec.extraVars);
  const log = await open(join(spec.runDir, runFiles.supervisorLog), "a", 0o600);
  try {
    const { pid, said } = await launch(spec, { log: log.fd, secrets, job: prepared.job, waiting });
    if (said === "full") {
      throw new ChiffonError("disk-full", `The disk that holds ${spec.runDir} is full.`, {
        hint: "Free some space there and run it again.",
      });
    }
    if (said === "taken") {
      throw new ChiffonError("already-running", "This attempt has already been started.", {
        hint: "Adopt the attempt instead of starting it again.",
      });
    }
    const found = await adoptSupervisor(spec.runDir);
    if (found.kind === "running") return found;
    if (found.kind === "lost" && found.reason === "not-started") throw await failure(spec.runDir);
    return createEnded(pid, found);
  } finally {
    await log.close();
  }
}

async function launch(
  spec: AttemptSpec,
  given: { log: number; secrets: string; job: string; waiting: WaitingSupervisor | undefined },
): Promise<{ pid: number; said: string }> {
  const { runDir, tools } = spec;
  const isBelow = given.waiting !== undefined && !relative(given.waiting.folder, runDir).startsWith("..");
  const ready = isBelow ? given.waiting?.take(tools) : undefined;
  if (ready !== undefined) {
    const order = JSON.stringify({ runDir, job: given.job });
    const said = await tell(ready, { text: `${order}\n${given.secrets}\n`, tools });
    // Without a word it was gone already. Another one cannot do it twice: the first to claim the run directory has it.
    if (said.said !== "") return said;
  }
  const child = spawnSupervisor(tools, { args: [runDir, given.job], log: given.log });
  return await tell(child, { text: `${given.secrets}\n`, tools });
}

async function tell(
  { child, stdin, stdout }: SupervisorProcess,
  { text, tools }: { text: string; tools: AttemptSpec["tools"] },
): Promise<{ pid: number; said: string }> {
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (cause) => {
      reject(
        new ChiffonError("missing-tool", `Python could not be started (${tools.python}).`, {
          hint: "Check that Ansible's Python interpreter is still installed.",
          cause,
        }),
      );
    });
  });
  stdin.end(text);
  const said = await Promise.race([readState(stdout), failed]);
  stdout.destroy();
  child.unref();
  return { pid: child.pid ?? 0, said };
}

/** The state in the one line that a supervisor says; empty when it ended without a word. */
async function readState(stdout: Readable): Promise<string> {
  let text = "";
  stdout.setEncoding("utf8");
  for await (const part of stdout) {
    text += String(part);
    if (text.includes("\n")) break;
  }
  return /^\{"state": "(\w+)"\}\n/.exec(text)?.[1] ?? "";
}

async function failure(runDir: string): Promise<ChiffonError> {
  const log = await readFile(join(runDir, runFiles.supervisorLog), "utf8");
  const last = log.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
  return new ChiffonError("internal", `The supervisor of the attempt did not start: ${last}`, {
    hint: "Check that the data folder is writable and has free space. Python 3.9 or newer on Linux is needed.",
  });
}

/**
 * Finds out about an attempt from its run directory: it runs (and we are connected, which is no renewal), it
 * has ended, or it is lost. When nobody has claimed it, it is closed: no supervisor can start it afterwards.
 */
export async function adoptSupervisor(
  runDir: string,
  options: { answerLimitMs?: number } = {},
): Promise<Supervised | FinishedAttempt | LostAttempt> {
  const result = await findResult(runDir);
  if (result !== undefined) return { kind: "finished", result };
  const identity = (await findIdentity(runDir)) ?? (await closeAttempt(runDir));
  if (identity === undefined || identity.attemptId === null) return { kind: "lost", reason: "not-started" };
  return superviseClaimed(runDir, identity, options);
}

/**
 * Puts a tombstone where a supervisor would put its identity: an empty file, for which a full disk has room. Answers that
 * identity when it was faster.
 */
async function closeAttempt(runDir: string): ReturnType<typeof findIdentity> {
  try {
    await writeFile(join(runDir, runFiles.supervisor), "", { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    // Without a run directory nothing was ever prepared.
    if (isMissing(error)) return undefined;
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return findIdentity(runDir);
}
