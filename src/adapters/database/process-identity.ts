import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";

const fixedPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const hasProc = process.platform === "linux";

/**
 * When the process started, in an opaque unit of the system: together with the pid it names one process for ever.
 * Undefined when no such process runs; a zombie does not run (it answers kill(pid, 0), which is why that is not asked).
 */
export function findStartTime(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (!hasProc) return findStartTimeByPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name is in parentheses and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const state = fields[0];
    if (state === "Z" || state === "X") return undefined;
    return fields[19];
  } catch {
    return undefined;
  }
}

function findStartTimeByPs(pid: number): string | undefined {
  const line = runPs(["-o", "stat=,lstart=", "-p", String(pid)]).trim();
  if (line === "" || line.startsWith("Z")) return undefined;
  return line.slice(line.indexOf(" ")).trim();
}

/** Names the set of pids that this process sees; two containers that share a folder have different ones. */
export function getPidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return process.platform;
  }
}

/** Changes at every boot of the machine; "" where the system does not tell. */
export function getBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** Pids of live processes named `program` (a PostgreSQL server, say) that work in `dir` or name it as an argument. */
export function listProcessesIn(dir: string, program: string): number[] {
  if (!hasProc) return listByPs(dir, program);
  const found: number[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const name = path.basename(readlinkSync(`/proc/${entry}/exe`));
      if (name !== program && name !== `${program} (deleted)`) continue;
      const works = readlinkSync(`/proc/${entry}/cwd`) === dir;
      if (works || readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0").includes(dir))
        found.push(Number(entry));
    } catch {
      // Gone in between, a zombie, or another user's process: none of them can be ours.
    }
  }
  return found;
}

function listByPs(dir: string, program: string): number[] {
  return runPs(["-axo", "pid=,command="])
    .split("\n")
    .filter((line) => line.includes(program) && line.includes(dir))
    .map((line) => Number.parseInt(line, 10));
}

function runPs(args: string[]): string {
  try {
    return execFileSync("ps", args, { encoding: "utf8", env: { PATH: fixedPath, LC_ALL: "C" } });
  } catch {
    return "";
  }
}
