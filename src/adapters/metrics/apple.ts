import { z } from "zod";
import type { GpuSource } from "../../ports/metrics.ts";
import { describeGpu, mostGpus, readNumber } from "./describe-gpu.ts";
import { parseJsonAnswer } from "./json-answer.ts";
import { runTool } from "./run-tool.ts";
import { readMemory } from "./system.ts";

export interface AppleOptions {
  /** Folders to search for `system_profiler` and `ioreg`, as in PATH. */
  readonly searchPath: string;
  readonly timeoutMs?: number;
  /** In place of the system this runs on: nothing is asked on others than `darwin`. */
  readonly platform?: string;
}

const folders = ["/usr/sbin"];

/** The processor of a Mac with Apple's own chip. It shares all memory with the machine, so what the machine has free it has too. */
export function createAppleSource({ platform = process.platform, ...options }: AppleOptions): GpuSource {
  let names: string[] = [];
  return {
    async read(signal) {
      if (platform !== "darwin") return [];
      const ask = (command: string, args: string[]) =>
        runTool({ command, args, folders, signal, ...options });
      if (names.length === 0) {
        names = parseAppleNames((await ask("system_profiler", ["SPDisplaysDataType", "-json"])) ?? "");
      }
      if (names.length === 0) return [];
      const [memory, registry] = await Promise.all([
        readMemory(),
        ask("ioreg", ["-r", "-d", "1", "-w", "0", "-c", "IOAccelerator"]),
      ]);
      const percent = parseAppleUtilisation(registry ?? "");
      return names.map((name) =>
        describeGpu({ vendor: "apple", name, total: memory.total, free: memory.available, percent }),
      );
    },
  };
}

const Displays = z.object({
  SPDisplaysDataType: z.array(z.object({ _name: z.string() }).catch({ _name: "" })),
});

/** The names of Apple's own processors in `system_profiler SPDisplaysDataType -json`; those of Intel and AMD are left out. */
export function parseAppleNames(text: string): string[] {
  return (parseJsonAnswer(text, Displays)?.SPDisplaysDataType ?? [])
    .map(({ _name }) => /^kHW_Apple(M\w{1,20})Item$/.exec(_name)?.[1] ?? _name)
    .map((name) => (/^M\d/.test(name) ? `Apple ${name}` : name))
    .filter((name) => name.startsWith("Apple "))
    .slice(0, mostGpus);
}

/** Percent in the registry's entry of the accelerator. */
export function parseAppleUtilisation(text: string): number | undefined {
  return readNumber(/"Device Utilization %"=(\d{1,4})/.exec(text)?.[1]);
}
