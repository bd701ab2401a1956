import { z } from "zod";
import type { Gpu } from "../../contracts/metrics.ts";
import type { GpuSource } from "../../ports/metrics.ts";
import { readAmdKernel } from "./amd-kernel.ts";
import { describeGpu, mebibyte, mostGpus, readNumber, restOf, scale } from "./describe-gpu.ts";
import { parseJsonAnswer } from "./json-answer.ts";
import { runTool } from "./run-tool.ts";

export interface AmdOptions {
  /** Folders to search for `rocm-smi` and `amd-smi`, as in PATH. */
  readonly searchPath: string;
  readonly timeoutMs?: number;
  /** In place of `/sys`. */
  readonly kernel?: string;
}

const folders = ["/opt/rocm/bin"];

/**
 * AMD processors by `rocm-smi`, by its successor `amd-smi`, or without either by what the kernel says: whichever is the first
 * to tell memory. (Of some processors a tool names no figure at all, where the kernel knows them.)
 */
export function createAmdSource({ kernel = "/sys", ...options }: AmdOptions): GpuSource {
  let names: ReadonlyMap<number, string> | undefined;
  return {
    async read(signal) {
      const ask = (command: string, args: string[]) =>
        runTool({ command, args, folders, signal, ...options });
      const rocm = ["--showproductname", "--showuse", "--showmeminfo", "vram", "--json"];
      const byRocm = parseRocmSmi((await ask("rocm-smi", rocm)) ?? "");
      if (tellsMemory(byRocm)) return byRocm;
      const metric = await ask("amd-smi", ["metric", "--usage", "--mem-usage", "--json"]);
      if (metric !== undefined) {
        names ??= parseAmdNames((await ask("amd-smi", ["static", "--asic", "--json"])) ?? "");
        const byAmd = parseAmdSmi(metric, names);
        if (tellsMemory(byAmd)) return byAmd;
      }
      return readAmdKernel(kernel);
    },
  };
}

const tellsMemory = (gpus: readonly Gpu[]) => gpus.some((gpu) => gpu.vram_total_gb > 0);

const Cards = z.record(z.string(), z.unknown());
const Card = z.record(z.string(), z.unknown());

/** `{"card0": {"GPU use (%)": "0", …}, "system": …}`. The keys' capitals, and which of them holds a name, changed over time. */
export function parseRocmSmi(text: string): Gpu[] {
  return Object.entries(parseJsonAnswer(text, Cards) ?? {})
    .filter(([key]) => /^card\d{1,3}$/.test(key))
    .slice(0, mostGpus)
    .flatMap(([, value]) => {
      const card = Card.safeParse(value).data;
      if (card === undefined) return [];
      const facts = new Map(Object.entries(card).map(([key, fact]) => [key.toLowerCase(), fact]));
      const total = readNumber(facts.get("vram total memory (b)"));
      return [
        describeGpu({
          vendor: "amd",
          name: findName(facts),
          total,
          free: restOf(total, readNumber(facts.get("vram total used memory (b)"))),
          percent: readNumber(facts.get("gpu use (%)")),
        }),
      ];
    });
}

/** The first that is a name: without the marketing names at hand the tool prints numbers in their place. */
function findName(facts: ReadonlyMap<string, unknown>): string {
  const told = ["card series", "device name", "card model", "card sku"].map((key) => facts.get(key));
  const name = told.find((one) => typeof one === "string" && one !== "N/A" && !one.startsWith("0x"));
  return typeof name === "string" ? name : "";
}

/** A list, or since ROCm 7 a list in an object. */
const Processors = z.union([
  z.array(z.unknown()),
  z.object({ gpu_data: z.array(z.unknown()) }).transform(({ gpu_data }) => gpu_data),
]);
/** `{"value": 8176, "unit": "MB"}`, `"N/A"`, or nothing. */
const Quantity = z
  .object({ value: z.unknown() })
  .transform(({ value }) => readNumber(value))
  .optional()
  .catch(undefined);
const Metric = z.object({
  gpu: z.int(),
  usage: z.object({ gfx_activity: Quantity }).optional().catch(undefined),
  mem_usage: z.object({ total_vram: Quantity, used_vram: Quantity }).optional().catch(undefined),
});
const Static = z.object({ gpu: z.int(), asic: z.object({ market_name: z.string() }) });

/** The names in `amd-smi static --asic --json`, by the processor's number. */
export function parseAmdNames(text: string): ReadonlyMap<number, string> {
  return new Map(parseRows(text, Static).map(({ gpu, asic }) => [gpu, asic.market_name]));
}

/** `amd-smi metric --usage --mem-usage --json`, which has no names. */
export function parseAmdSmi(text: string, names: ReadonlyMap<number, string>): Gpu[] {
  return parseRows(text, Metric).map(({ gpu, usage, mem_usage }) => {
    const total = scale(mem_usage?.total_vram, mebibyte);
    return describeGpu({
      vendor: "amd",
      name: names.get(gpu) ?? "",
      total,
      free: restOf(total, scale(mem_usage?.used_vram, mebibyte)),
      percent: usage?.gfx_activity,
    });
  });
}

function parseRows<T>(text: string, row: z.ZodType<T>): T[] {
  return (parseJsonAnswer(text, Processors) ?? []).slice(0, mostGpus).flatMap((one) => {
    const parsed = row.safeParse(one);
    return parsed.success ? [parsed.data] : [];
  });
}
