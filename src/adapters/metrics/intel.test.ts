import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { Gpu } from "../../contracts/metrics.ts";
import { openToolFolder } from "../../../test/support/tool-folder.ts";
import { createIntelSource, parseIntelDevices, parseIntelStatistics } from "./intel.ts";
import { parseQueryTable } from "./query-table.ts";

const recorded = (name: string) => readFile(path.join(import.meta.dirname, "recorded", name), "utf8");
const signal = new AbortController().signal;
const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;
const flex = { name: "Intel(R) Graphics [0x56c0]", total: undefined };

test.each([
  [
    "intel-1.2.14-discovery.csv",
    new Map([
      ["0", flex],
      ["1", flex],
    ]),
  ],
  [
    "intel-1.x-a310-discovery.csv",
    new Map([["0", { name: "Intel(R) Arc(TM) A310 LP Graphics", total: undefined }]]),
  ],
  [
    "intel-1.x-b60-discovery.csv",
    new Map([["0", { name: "Intel(R) Graphics [0xe211]", total: 24_480 * mebibyte }]]),
  ],
])("devices of %s are read", async (file, devices) => {
  expect(parseIntelDevices(await recorded(file))).toEqual(devices);
});

test.each([
  [
    "intel-1.2.14-dump.csv",
    [
      { free: 0, utilisation: 0 },
      { free: 0, utilisation: null },
    ],
  ],
  [
    "intel-1.2.39-max1550-dump.csv",
    [
      { free: 0, utilisation: null },
      { free: 0, utilisation: null },
    ],
  ],
  [
    "intel-1.x-a770-dump.csv",
    [
      { free: 15.98, utilisation: null },
      { free: 15.98, utilisation: null },
    ],
  ],
  [
    "intel-1.x-a310-dump.csv",
    [
      { free: 15.92, utilisation: null },
      { free: 0, utilisation: null },
    ],
  ],
])("figures of %s are read", async (file, expected) => {
  const device = { name: "x", total: 16 * gibibyte };
  const devices = new Map([
    ["0", device],
    ["1", device],
  ]);
  const gpus = parseIntelStatistics(await recorded(file), devices);
  expect(gpus).toEqual(
    expected.map(({ free, utilisation }) => ({
      vendor: "intel",
      name: "x",
      vram_total_gb: 16,
      vram_available_gb: free,
      utilisation,
    })),
  );
  for (const gpu of gpus) expect(Gpu.parse(gpu)).toEqual(gpu);
});

test("the utilisation's other heading, of version 1.3, is known; the last line of a device counts", () => {
  const text =
    "Timestamp, DeviceId, Average % utilization of all GPU Engines, GPU Memory Used (MiB)\n1,    0, 1.00, 100\n2,    0, 50.00, 512\n";
  const devices = new Map([["0", { name: "x", total: gibibyte }]]);
  expect(parseIntelStatistics(text, devices)).toMatchObject([{ vram_available_gb: 0.5, utilisation: 0.5 }]);
});

test("[DESK-02] Intel: the table of version 2 is that of nvidia-smi", async () => {
  expect(parseQueryTable(await recorded("intel-2.0-a770.csv"), "intel")).toEqual([
    {
      vendor: "intel",
      name: "Intel(R) Arc(TM) A770 Graphics",
      vram_total_gb: 15.91,
      vram_available_gb: 12.35,
      utilisation: null,
    },
  ]);
});

test.each(["", "\n\n", "Device ID", '"""', "Device ID,Device Name\nN/A,x\n"])(
  "%j names no device",
  (text) => {
    expect(parseIntelDevices(text)).toEqual(new Map());
  },
);

test("a line of nothing but commas costs no more than it is long", () => {
  expect(parseIntelDevices(`Device ID,Device Name\n${",".repeat(500_000)}\n`)).toEqual(new Map());
});

test("version 2 is asked one question", async () => {
  await using tools = await openToolFolder();
  await tools.install("xpu-smi", `echo "$@" >> ${tools.folder}/args; echo "Arc, 16288, 12646, 3"`);
  const source = createIntelSource({ searchPath: tools.searchPath });
  expect(await source.read(signal)).toMatchObject([{ name: "Arc", utilisation: 0.03 }]);
  expect(await tools.read("args")).toBe(
    "--query-gpu=name,memory.total,memory.free,utilization.gpu --format=csv,noheader,nounits\n",
  );
});

test("[DESK-02] Intel: version 1 is asked what it has once, and what is free each time", async () => {
  await using tools = await openToolFolder();
  const answers = [
    `discovery) cat <<'END'\n${await recorded("intel-1.x-b60-discovery.csv")}END\n;;`,
    `dump) printf 'Timestamp, DeviceId, GPU Utilization (%%), GPU Memory Used (MiB)\\n1, 0, 7.00, 480\\n';;`,
    "*) exit 109;;",
  ].join("\n");
  await tools.install("xpu-smi", `echo "$1" >> ${tools.folder}/args\ncase "$1" in\n${answers}\nesac`);
  const source = createIntelSource({ searchPath: tools.searchPath });
  for (const _ of [1, 2]) {
    expect(await source.read(signal)).toEqual([
      {
        vendor: "intel",
        name: "Intel(R) Graphics [0xe211]",
        vram_total_gb: 23.91,
        vram_available_gb: 23.44,
        utilisation: 0.07,
      },
    ]);
  }
  expect((await tools.read("args")).split("\n").filter((word) => !word.startsWith("--"))).toEqual([
    "discovery",
    "dump",
    "dump",
    "",
  ]);
});

test("without the tool there are none", async () => {
  expect(await createIntelSource({ searchPath: "/nonexistent" }).read(signal)).toEqual([]);
});
