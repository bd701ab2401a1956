import type { Gpu } from "../../contracts/metrics.ts";
import type { GpuSource } from "../../ports/metrics.ts";
import { describeGpu, mebibyte, mostGpus, readNumber, restOf, scale } from "./describe-gpu.ts";
import { parseQueryTable, queryTable } from "./query-table.ts";
import { runTool } from "./run-tool.ts";

export interface IntelOptions {
  /** Folders to search for `xpu-smi`, as in PATH. */
  readonly searchPath: string;
  readonly timeoutMs?: number;
}

/** What does not change while the machine runs. */
export interface IntelDevice {
  readonly name: string;
  readonly total: number | undefined;
}

/** Intel processors by `xpu-smi`: one question since its version 2, two before. */
export function createIntelSource(options: IntelOptions): GpuSource {
  let devices: ReadonlyMap<string, IntelDevice> = new Map();
  return {
    async read(signal) {
      const ask = (args: string[]) => runTool({ command: "xpu-smi", args, signal, ...options });
      const gpus = parseQueryTable((await ask(queryTable)) ?? "", "intel");
      if (gpus.length > 0) return gpus;
      if (devices.size === 0)
        devices = parseIntelDevices((await ask(["discovery", "--dump", "1,2,16"])) ?? "");
      if (devices.size === 0) return [];
      const statistics = await ask(["dump", "-d", "-1", "-m", "0,18", "-n", "1"]);
      return parseIntelStatistics(statistics ?? "", devices);
    },
  };
}

/** `xpu-smi discovery --dump` of version 1, by the device's number. A size may be `N/A`. */
export function parseIntelDevices(text: string): ReadonlyMap<string, IntelDevice> {
  return new Map(
    parseTable(text, /^device ?id$/i).map(({ id, column }) => {
      const size = /^([\d.]+) MiB$/.exec(column(/^memory physical size/i) ?? "")?.[1];
      return [id, { name: column(/^device name/i) ?? "", total: scale(readNumber(size), mebibyte) }];
    }),
  );
}

/** `xpu-smi dump` of version 1: the last line of each device counts, and a device without a line has nothing known to be free. */
export function parseIntelStatistics(text: string, devices: ReadonlyMap<string, IntelDevice>): Gpu[] {
  const lines = new Map(parseTable(text, /^device ?id$/i).map((line) => [line.id, line.column]));
  return [...devices].map(([id, { name, total }]) => {
    const column = lines.get(id);
    return describeGpu({
      vendor: "intel",
      name,
      total,
      free: restOf(total, scale(readNumber(column?.(/^gpu memory used/i)), mebibyte)),
      percent: readNumber(column?.(/^(gpu utilization|average % utilization of all gpu engines)/i)),
    });
  });
}

interface Line {
  readonly id: string;
  readonly column: (heading: RegExp) => string | undefined;
}

/** Lines under a heading; columns are found by their heading, because versions differ in which there are. */
function parseTable(text: string, idHeading: RegExp): Line[] {
  const rows = text.split("\n").map(splitRow);
  const start = rows.findIndex((row) => row.some((field) => idHeading.test(field)));
  const headings = rows[start] ?? [];
  const find = (row: string[], heading: RegExp) => row[headings.findIndex((one) => heading.test(one))];
  return rows
    .slice(start + 1)
    .map((row) => ({ id: find(row, idHeading) ?? "", column: (heading: RegExp) => find(row, heading) }))
    .filter(({ id }) => /^\d{1,3}$/.test(id))
    .slice(-mostGpus);
}

/** Fields between commas, which may stand in quotes. */
function splitRow(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:\s*"([^"]*)"|([^,]*))/g)].map(([, quoted, bare]) =>
    (quoted ?? bare ?? "").trim(),
  );
}
