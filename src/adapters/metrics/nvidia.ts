import type { Gpu } from "../../contracts/metrics.ts";
import type { GpuSource } from "../../ports/metrics.ts";
import { describeGpu, mebibyte, mostGpus, readNumber, scale } from "./describe-gpu.ts";
import { parseQueryTable, queryTable } from "./query-table.ts";
import { runTool } from "./run-tool.ts";

export interface NvidiaOptions {
  /** Folders to search for `nvidia-smi`, as in PATH. */
  readonly searchPath: string;
  readonly timeoutMs?: number;
}

/** Where the driver puts the tool under WSL and under Windows, which no PATH of a service has to name. */
const folders = [
  "/usr/lib/wsl/lib",
  String.raw`C:\Windows\System32`,
  String.raw`C:\Program Files\NVIDIA Corporation\NVSMI`,
];

/** NVIDIA processors by the tool that comes with the driver; none when it is absent or does not answer within 5 s. */
export function createNvidiaSource(options: NvidiaOptions): GpuSource {
  return {
    async read(signal) {
      const ask = (args: string[]) => runTool({ command: "nvidia-smi", args, folders, signal, ...options });
      const gpus = parseQueryTable((await ask(queryTable)) ?? "", "nvidia");
      // A card that is divided (MIG) tells no utilisation, and of its memory what no work can have as a whole.
      if (gpus.every(({ utilisation }) => utilisation !== null)) return gpus;
      const log = (await ask(["-q", "-x"])) ?? "";
      return log.includes("<current_mig>Enabled") ? parseNvidiaLog(log) : gpus;
    },
  };
}

/**
 * The processors of `nvidia-smi -q -x`. Of a card that is divided, each instance counts as a processor: it has memory of its
 * own and no utilisation. A divided card without instances has nothing free, because nothing can run on it.
 */
export function parseNvidiaLog(log: string): Gpu[] {
  return log
    .split("<gpu id=")
    .slice(1, mostGpus + 1)
    .flatMap((card) => (card.includes("<current_mig>Enabled") ? parseDivided(card) : [parseWhole(card)]))
    .slice(0, mostGpus);
}

function parseWhole(card: string): Gpu {
  const percent = readUnit(inside(card, "gpu_util"));
  return describeGpu({ vendor: "nvidia", name: inside(card, "product_name"), ...parseMemory(card), percent });
}

function parseDivided(card: string): Gpu[] {
  const name = inside(card, "product_name");
  const devices = inside(card, "mig_devices")
    .split("<mig_device>")
    .slice(1, mostGpus + 1);
  if (devices.length === 0) {
    const { total } = parseMemory(card);
    return [describeGpu({ vendor: "nvidia", name: `${name} MIG`, total, free: 0, percent: undefined })];
  }
  const instances = devices.map((device) => inside(device, "gpu_instance_id"));
  return (
    devices
      // Several compute instances can share one instance and its memory.
      .filter((_, index) => instances.indexOf(instances[index] ?? "") === index)
      .map((device) =>
        describeGpu({
          vendor: "nvidia",
          name: `${name} MIG ${inside(device, "index")}`,
          ...parseMemory(device),
          percent: undefined,
        }),
      )
  );
}

function parseMemory(part: string): { total: number | undefined; free: number | undefined } {
  const memory = inside(part, "fb_memory_usage");
  const read = (name: string) => scale(readUnit(inside(memory, name)), mebibyte);
  return { total: read("total"), free: read("free") };
}

function readUnit(text: string): number | undefined {
  return readNumber(text.replace(/ (MiB|%)$/, ""));
}

/** What stands in the first element of this name. */
function inside(text: string, name: string): string {
  const from = text.indexOf(`<${name}>`);
  const to = from < 0 ? -1 : text.indexOf(`</${name}>`, from);
  return to < 0 ? "" : text.slice(from + name.length + 2, to).trim();
}
