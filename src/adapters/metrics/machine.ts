import type { GpuSource, MetricsSource } from "../../ports/metrics.ts";
import { createAmdSource } from "./amd.ts";
import { createAppleSource } from "./apple.ts";
import { mostGpus } from "./describe-gpu.ts";
import { createIntelSource } from "./intel.ts";
import { createNvidiaSource } from "./nvidia.ts";
import { paceSource } from "./pace.ts";
import { readFixedFacts, readSystem, type FixedFacts } from "./system.ts";

export interface MachineOptions {
  /** An existing folder of the file system whose space counts: the agent's data directory. */
  readonly diskPath: string;
  /** Folders to search for the vendors' tools, as in PATH. */
  readonly searchPath: string;
  /** In place of the table below, for machines that are not this one. */
  readonly gpuSources?: readonly GpuSource[];
}

/** One line per vendor. A further vendor is a file beside `nvidia.ts` and a line here. */
const vendors: readonly ((options: { searchPath: string }) => GpuSource)[] = [
  createNvidiaSource,
  createAmdSource,
  createIntelSource,
  createAppleSource,
];

/** Measures this machine: system figures from the kernel, graphics processors from all vendors at once. */
export function createMachineMetrics(options: MachineOptions): MetricsSource {
  const sources =
    options.gpuSources ?? vendors.map((create) => paceSource(create({ searchPath: options.searchPath })));
  let facts: Promise<FixedFacts> | undefined;
  return {
    async read(signal) {
      signal.throwIfAborted();
      facts ??= readFixedFacts();
      const fixed = await facts;
      const [system, ...gpus] = await Promise.all([
        readSystem(fixed, options.diskPath),
        ...sources.map((source) => source.read(signal)),
      ]);
      signal.throwIfAborted();
      return { ...system, gpus: gpus.flat().slice(0, mostGpus) };
    },
  };
}
