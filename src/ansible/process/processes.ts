import { readFile, readdir, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectionsMark } from "./run-files.ts";

/** The id of this boot of the machine. */
export async function readBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

/** True when exactly that process runs: same number and same start. One that only waits to be reaped does not run. */
export async function isRunning(pid: number, startTime: number): Promise<boolean> {
  const fields = await readStat(pid);
  return fields !== undefined && Number(fields[19]) === startTime;
}

const isAlive = async (pid: number): Promise<boolean> => (await readStat(pid)) !== undefined;

/** Fields of a process from its state on; undefined when it is gone, or waits to be reaped. */
async function readStat(pid: number): Promise<string[] | undefined> {
  const text = await readProc(pid, "stat");
  if (text === undefined) return undefined;
  // The name in brackets may itself hold blanks and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields;
}

/**
 * Kills everything on this machine that belongs to an attempt whose supervisor is gone, until two looks in a row find
 * nothing: what has its mark, and what is in its cgroup where its supervisor could make one. `alive` counts processes that may
 * not be killed or do not die within the limit (milliseconds).
 */
export async function sweepAttempt(
  attemptId: string,
  options: { limitMs?: number } = {},
): Promise<{ killed: number; alive: number }> {
  const killed = new Set<number>();
  const refused = new Set<number>();
  const deadline = performance.now() + (options.limitMs ?? 5_000);
  const group = await findCgroup(attemptId);
  let found: number[] = [];
  for (let empty = 0; empty < 2 && performance.now() < deadline;) {
    const inside = group === undefined ? [] : await killGroup(group);
    const all = new Set([...inside, ...(await listMarked(attemptId))]);
    found = [...all].filter((pid) => !refused.has(pid));
    for (const pid of found) if (!kill(pid)) refused.add(pid);
    for (const pid of found) if (!refused.has(pid)) killed.add(pid);
    empty = found.length === 0 ? empty + 1 : 0;
    if (empty < 2) await delay(20);
  }
  await rm(join("/tmp", connectionsMark(attemptId)), { recursive: true, force: true });
  if (group !== undefined) await rmdir(group).catch(() => {});
  // Those that we may not kill may have gone with their cgroup.
  const stayed = await Promise.all([...refused].map(async (pid) => ((await isAlive(pid)) ? [pid] : [])));
  const alive = new Set([...stayed.flat(), ...found.filter((pid) => !refused.has(pid))]);
  return { killed: [...killed].filter((pid) => !alive.has(pid)).length, alive: alive.size };
}

/** The cgroup of an attempt, as supervision.py makes it below the one that it is in itself; undefined where there is none. */
async function findCgroup(attemptId: string): Promise<string | undefined> {
  const own = /^0::(\/.*)$/m.exec((await readProc("self", "cgroup")) ?? "")?.[1];
  const mounts = (await readProc("self", "mountinfo")) ?? "";
  const at = /^\S+ \S+ \S+ \/ (\S+) .* - cgroup2 /m.exec(mounts)?.[1];
  if (own === undefined || at === undefined) return undefined;
  const folder = join(at, own, `chiffon-${attemptId}`);
  return (await stat(folder).catch(() => undefined)) === undefined ? undefined : folder;
}

/** Kills all that is in a cgroup, and answers what was. */
async function killGroup(folder: string): Promise<number[]> {
  const pids = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  await writeFile(join(folder, "cgroup.kill"), "1").catch(() => {});
  return pids.split("\n").filter(Boolean).map(Number);
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

async function readProc(pid: number | "self", name: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return undefined;
  }
}
