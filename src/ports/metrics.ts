import type { Gpu, MachineMetrics } from "../contracts/metrics.ts";

/** Measures the machine that the process runs on. */
export interface MetricsSource {
  /** Cheap enough for every heartbeat. What cannot be measured is left out or zero; only an aborted signal makes it fail. */
  read(signal: AbortSignal): Promise<MachineMetrics>;
}

/** One vendor's way to ask for graphics processors. */
export interface GpuSource {
  /** Never fails: a missing or hanging tool means no processors. */
  read(signal: AbortSignal): Promise<Gpu[]>;
}
