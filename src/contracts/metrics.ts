import { z } from "zod";

/** Gigabytes of 2^30 bytes, rounded to two decimals by whoever measures. */
const Gigabytes = z.number().min(0);

/** One graphics processor; machines without any have an empty list. */
export const Gpu = z.object({
  vendor: z.enum(["nvidia", "amd", "intel", "apple", "none"]),
  name: z.string().max(200),
  vram_total_gb: Gigabytes,
  /** Measured free memory, not total minus what Chiffon handed out. */
  vram_available_gb: Gigabytes,
  /** Share of time in use, 0..1; null when the driver does not say. */
  utilisation: z.number().min(0).max(1).nullable(),
});
export type Gpu = z.infer<typeof Gpu>;

/**
 * What a machine has and has free, as carried by every heartbeat. (The version of Chiffon and the running tasks stand beside
 * it in the heartbeat: they belong to the agent, not to the machine.)
 */
export const MachineMetrics = z.object({
  /** Mean length of the run queue; 0 on systems without load averages. */
  cpu_load_1min: z.number().min(0),
  cpu_load_5min: z.number().min(0),
  cpu_load_15min: z.number().min(0),
  /** Cores without hyper-threads; at least 1. */
  cpu_cores_physical: z.int().min(1),
  /** max(1, floor(physical - load of the last minute)) */
  cpu_cores_available: z.int().min(1),
  memory_total_gb: Gigabytes,
  /** What programs can get without swapping. */
  memory_available_gb: Gigabytes,
  gpus: z.array(Gpu).max(64),
  /** The file system that holds the agent's data. */
  disk: z.object({ path: z.string().max(4096), total_gb: Gigabytes, available_gb: Gigabytes }),
  /** For people: `Debian GNU/Linux 12 (bookworm)`. */
  os: z.string().max(200),
});
export type MachineMetrics = z.infer<typeof MachineMetrics>;
