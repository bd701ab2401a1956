import { readFile, statfs } from "node:fs/promises";
import os from "node:os";
import type { MachineMetrics } from "../../contracts/metrics.ts";
import { roundGigabytes } from "./units.ts";

/** Everything but graphics processors. */
export type SystemMetrics = Omit<MachineMetrics, "gpus">;

/** What does not change while the process runs. */
export interface FixedFacts {
  readonly cores: number;
  readonly os: string;
}

/** Reads once what stays the same: cores and the name of the system. */
export async function readFixedFacts(): Promise<FixedFacts> {
  const [cpuinfo, release] = await Promise.all([readText("/proc/cpuinfo"), readText("/etc/os-release")]);
  const physical = countCores(cpuinfo) ?? (await askForCores());
  // A container may use fewer than the machine has.
  const cores = Math.max(1, Math.min(physical ?? os.availableParallelism(), os.availableParallelism()));
  return { cores, os: (parseOsName(release) ?? `${os.type()} ${os.release()}`).slice(0, 200) };
}

/** Load, memory and disk of this moment. `diskPath` is any existing folder of the file system that counts. */
export async function readSystem(facts: FixedFacts, diskPath: string): Promise<SystemMetrics> {
  const [load1 = 0, load5 = 0, load15 = 0] = os.loadavg();
  const [memory, disk] = await Promise.all([readMemory(), readDisk(diskPath)]);
  return {
    cpu_load_1min: round(load1),
    cpu_load_5min: round(load5),
    cpu_load_15min: round(load15),
    cpu_cores_physical: facts.cores,
    cpu_cores_available: Math.max(1, Math.floor(facts.cores - load1)),
    memory_total_gb: roundGigabytes(memory.total),
    memory_available_gb: roundGigabytes(memory.available),
    disk,
    os: facts.os,
  };
}

/** Physical cores in the text of `/proc/cpuinfo`: different pairs of socket and core. Undefined where it does not tell (ARM). */
export function countCores(cpuinfo: string | undefined): number | undefined {
  const cores = new Set<string>();
  for (const block of (cpuinfo ?? "").split(/\n\s*\n/)) {
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
    if (core !== undefined) cores.add(`${/^physical id\s*:\s*(\d+)/m.exec(block)?.[1] ?? "0"}:${core}`);
  }
  return cores.size === 0 ? undefined : cores.size;
}

/** Only where there is no /proc/cpuinfo to count in: this starts programs, so it is loaded and asked once. */
async function askForCores(): Promise<number | undefined> {
  if (os.platform() === "linux") return undefined;
  const { cpu } = await import("systeminformation");
  const { physicalCores } = await cpu();
  return physicalCores > 0 ? physicalCores : undefined;
}

/** Total and available bytes in the text of `/proc/meminfo`. */
export function parseMeminfo(meminfo: string | undefined): { total: number; available: number } | undefined {
  const read = (name: string) => new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo ?? "")?.[1];
  const total = read("MemTotal");
  const available = read("MemAvailable") ?? read("MemFree");
  if (total === undefined || available === undefined) return undefined;
  return { total: Number(total) * 1024, available: Number(available) * 1024 };
}

/** Total and available bytes of the machine, or of the container this runs in. */
export async function readMemory(): Promise<{ total: number; available: number }> {
  const machine = parseMeminfo(await readText("/proc/meminfo")) ?? {
    total: os.totalmem(),
    available: os.freemem(),
  };
  // Node knows the limit of a container; without one it answers 0 or more than there is.
  const limit = process.constrainedMemory();
  const total = limit > 0 ? Math.min(machine.total, limit) : machine.total;
  return { total, available: Math.min(total, machine.available, process.availableMemory()) };
}

async function readDisk(path: string): Promise<MachineMetrics["disk"]> {
  try {
    const { bsize, blocks, bavail } = await statfs(path);
    return { path, total_gb: roundGigabytes(bsize * blocks), available_gb: roundGigabytes(bsize * bavail) };
  } catch {
    return { path, total_gb: 0, available_gb: 0 };
  }
}

/** `PRETTY_NAME` of an os-release file. */
export function parseOsName(release: string | undefined): string | undefined {
  return /^PRETTY_NAME=(["']?)(.+)\1$/m.exec(release ?? "")?.[2];
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}

function round(load: number): number {
  return Math.round(load * 100) / 100;
}
