import type { Gpu } from "../../contracts/metrics.ts";
import type { GpuSource } from "../../ports/metrics.ts";
import { runTool } from "./run-tool.ts";
import { roundGigabytes } from "./units.ts";

export interface NvidiaOptions {
  /** Folders to search for `nvidia-smi`, as in PATH. */
  readonly searchPath: string;
  readonly command?: string;
  readonly timeoutMs?: number;
}

const fields = ["name", "memory.total", "memory.free", "utilization.gpu"];
const megabyte = 2 ** 20;

/** NVIDIA processors by the tool that comes with the driver; none when it is absent or does not answer within 5 s. */
export function createNvidiaSource(options: NvidiaOptions): GpuSource {
  return {
    async read(signal) {
      const text = await runTool({
        command: options.command ?? "nvidia-smi",
        args: [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"],
        searchPath: options.searchPath,
        timeoutMs: options.timeoutMs ?? 5000,
        signal,
      });
      return text === undefined ? [] : parseNvidiaTable(text);
    },
  };
}

/**
 * One line per processor: name, memory in MiB, free memory in MiB, percent. Anything may be `[N/A]` or an explanation in brackets:
 * shared memory (as on small boards) counts as no memory of its own, unknown utilisation is null.
 */
export function parseNvidiaTable(text: string): Gpu[] {
  return text
    .split("\n")
    .map((line) => line.split(",").map((field) => field.trim()))
    .filter((columns) => columns.length >= fields.length)
    .slice(0, 64)
    .map((columns) => {
      const [total, free, percent] = columns.slice(-3).map(parseNumber);
      const name = columns.slice(0, -3).join(", ").slice(0, 200);
      const totalGb = roundGigabytes((total ?? 0) * megabyte);
      return {
        vendor: "nvidia",
        name,
        vram_total_gb: totalGb,
        vram_available_gb: Math.min(totalGb, roundGigabytes((free ?? 0) * megabyte)),
        utilisation: percent === undefined ? null : Math.min(1, percent / 100),
      };
    });
}

function parseNumber(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
