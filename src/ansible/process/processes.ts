import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectionsMark } from "./run-files.ts";

/** The id of this boot of the machine. */
export async function readBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

/** True when exactly that process runs: same number and same start. One that only waits to be reaped does not run. */
export async function isRunning(pid: number, startTime: number): Promise<boolean> {
  const text = await readProc(pid, "stat");
  if (text === undefined) return false;
  // The name in brackets may itself hold blanks and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] !== "Z" && fields[0] !== "X" && Number(fields[19]) === startTime;
}

/**
 * Kills everything on this machine that belongs to an attempt whose supervisor is gone, until two looks in a row find
 * nothing. `alive` counts processes that may not be killed or do not die within the limit (milliseconds).
 */
export async function sweepAttempt(
  attemptId: string,
  options: { limitMs?: number } = {},
): Promise<{ killed: number; alive: number }> {
  const killed = new Set<number>();
  const refused = new Set<number>();
  const deadline = performance.now() + (options.limitMs ?? 5_000);
  let found: number[] = [];
  for (let empty = 0; empty < 2 && performance.now() < deadline;) {
    found = (await listMarked(attemptId)).filter((pid) => !refused.has(pid));
    for (const pid of found) if (!kill(pid)) refused.add(pid);
    for (const pid of found) if (!refused.has(pid)) killed.add(pid);
    empty = found.length === 0 ? empty + 1 : 0;
    if (empty < 2) await delay(20);
  }
  await rm(join("/tmp", connectionsMark(attemptId)), { recursive: true, force: true });
  const alive = new Set([...refused, ...found]);
  return { killed: [...killed].filter((pid) => !alive.has(pid)).length, alive: alive.size };
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/**
 * Processes with the attempt's marker in their environment. ssh overwrites its own environment when it keeps a
 * connection open in the background; such a process is known by the folder in its command line.
 */
async function listMarked(attemptId: string): Promise<number[]> {
  const marker = `\0CHIFFON_ATTEMPT=${attemptId}\0`;
  const folder = `/${connectionsMark(attemptId)}/`;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (pid === process.pid) return false;
      const environment = await readProc(pid, "environ");
      if (environment !== undefined && `\0${environment}\0`.includes(marker)) return true;
      const command = await readProc(pid, "cmdline");
      return command !== undefined && command.startsWith("ssh: ") && command.includes(folder);
    }),
  );
  return pids.filter((_, index) => found[index] === true);
}

async function readProc(pid: number, name: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return undefined;
  }
}
