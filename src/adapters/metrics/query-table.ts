import type { Gpu } from "../../contracts/metrics.ts";
import { describeGpu, mebibyte, mostGpus, readNumber, scale } from "./describe-gpu.ts";

const fields = ["name", "memory.total", "memory.free", "utilization.gpu"];

/** The question that `nvidia-smi` and, since its version 2, `xpu-smi` understand. */
export const queryTable = [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"];

/**
 * The answer: one line per processor with name, memory in MiB, free memory in MiB, percent. Anything may be `N/A` or an
 * explanation in brackets. Shared memory (as on small boards) is not told and counts as no memory of its own.
 */
export function parseQueryTable(text: string, vendor: Gpu["vendor"]): Gpu[] {
  return text
    .split("\n")
    .map((line) => line.split(",").map((field) => field.trim()))
    .filter((columns) => columns.length >= fields.length)
    .slice(0, mostGpus)
    .map((columns) => {
      const [total, free, percent] = columns.slice(-3).map(readNumber);
      return describeGpu({
        vendor,
        name: columns.slice(0, -3).join(", "),
        total: scale(total, mebibyte),
        free: scale(free, mebibyte),
        percent,
      });
    });
}
