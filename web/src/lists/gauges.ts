import type { MachineMetrics } from "../../../src/contracts/metrics.ts";

/** How much of something is in use. */
export interface GaugeFacts {
  readonly name: string;
  /** 0..1 */
  readonly share: number;
  readonly text: string;
}

/** What a machine uses, as bars. The load may be above the cores: the bar is full then, and the words say it. */
export function listGauges(metrics: MachineMetrics): GaugeFacts[] {
  const cores = metrics.cpu_cores_physical;
  return [
    {
      name: "CPU load",
      share: clamp(metrics.cpu_load_1min / cores),
      text: `${metrics.cpu_load_1min.toFixed(2)} on ${cores} ${cores === 1 ? "core" : "cores"}`,
    },
    space("Memory", metrics.memory_total_gb, metrics.memory_available_gb),
    ...metrics.gpus.map((gpu, index) =>
      space(`GPU ${index} ${gpu.name}`, gpu.vram_total_gb, gpu.vram_available_gb),
    ),
    space(`Disk ${metrics.disk.path}`, metrics.disk.total_gb, metrics.disk.available_gb),
  ];
}

function space(name: string, total: number, available: number): GaugeFacts {
  const used = Math.max(0, total - available);
  return {
    name,
    share: total === 0 ? 0 : clamp(used / total),
    text: `${used.toFixed(1)} of ${total.toFixed(1)} GB`,
  };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
