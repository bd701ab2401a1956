import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Gpu } from "../../contracts/metrics.ts";
import { openToolFolder, type ToolFolder } from "../../../test/support/tool-folder.ts";
import { createAmdSource, parseAmdNames, parseAmdSmi, parseRocmSmi } from "./amd.ts";

const recorded = (name: string) => readFile(path.join(import.meta.dirname, "recorded", name), "utf8");
const navi22 = { name: "Navi 22 [Radeon RX 6700/6700 XT / 6800M]", vram_total_gb: 11.98, utilisation: 0 };

describe("answers of AMD's tools", () => {
  test.each([
    ["amd-rocm-4.3.0-rx6700xt.json", [{ ...navi22, name: "67XA6S", vram_available_gb: 10.47 }]],
    [
      "amd-rocm-5.7.1-mi100.json",
      Array.from({ length: 2 }, () => ({
        name: "Arcturus GL-XL [Instinct MI100]",
        vram_total_gb: 31.98,
        vram_available_gb: 31.98,
        utilisation: 0,
      })),
    ],
    ["amd-rocm-6.0.2-rx6700xt.json", [{ ...navi22, vram_available_gb: 10.52 }]],
    ["amd-rocm-6.1.2-rx6700xt.json", [{ ...navi22, vram_available_gb: 10.52 }]],
    [
      "amd-rocm-smi-rx7900xt.json",
      [{ name: "Radeon RX 7900 XT", vram_total_gb: 19.98, vram_available_gb: 19.96, utilisation: 0 }],
    ],
  ])("%s is read", async (file, expected) => {
    const gpus = parseRocmSmi(await recorded(file));
    expect(gpus).toEqual(expected.map((gpu) => ({ vendor: "amd", ...gpu })));
    for (const gpu of gpus) expect(Gpu.parse(gpu)).toEqual(gpu);
  });

  test("[DESK-02] AMD: both forms of amd-smi are read, with names from its other command", async () => {
    const names = parseAmdNames(await recorded("amd-smi-gpu-data-rx7800xt-static.txt"));
    expect(parseAmdSmi(await recorded("amd-smi-gpu-data-rx7800xt-metric.json"), names)).toEqual([
      {
        vendor: "amd",
        name: "AMD Radeon RX 7800 XT",
        vram_total_gb: 15.98,
        vram_available_gb: 1.76,
        utilisation: 0.02,
      },
    ]);
    expect(parseAmdSmi(await recorded("amd-smi-list-w7700-usage.json"), new Map())).toEqual([
      {
        vendor: "amd",
        name: "amd graphics processor",
        vram_total_gb: 0,
        vram_available_gb: 0,
        utilisation: 0.42,
      },
    ]);
  });

  test.each([
    "",
    "WARNING: no AMD GPU\n",
    "{",
    "[]",
    "null",
    '{"card0": 7}',
    '{"gpu_data": "N/A"}',
    '[{"gpu": -0.5}]',
    "}{",
  ])("%j means none", (text) => {
    expect(parseRocmSmi(text)).toEqual([]);
    expect(parseAmdSmi(text, new Map())).toEqual([]);
    expect(parseAmdNames(text)).toEqual(new Map());
  });

  test("hostile answers are cut and cleaned", () => {
    const name = `a\u001B[31m\u202Eb${"c".repeat(1000)}`;
    const card = { "Card Series": name, "VRAM Total Memory (B)": "9".repeat(400), "GPU use (%)": "900" };
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`card${index}`, card]));
    const gpus = parseRocmSmi(`a warning first\n${JSON.stringify(many)}\n`);
    expect(gpus).toHaveLength(64);
    for (const gpu of gpus) expect(Gpu.parse(gpu)).toEqual(gpu);
    expect(gpus[0]).toMatchObject({ vram_total_gb: 0, utilisation: 1 });
    expect(gpus[0]?.name).toMatch(/^a \[31m bc+$/);
  });
});

describe("AMD's processors of a machine", () => {
  const signal = new AbortController().signal;
  let tools: ToolFolder;
  beforeEach(async () => {
    tools = await openToolFolder();
  });
  afterEach(() => tools[Symbol.asyncDispose]());
  const read = () =>
    createAmdSource({ searchPath: tools.searchPath, kernel: path.join(tools.folder, "sys") }).read(signal);
  const show = async (card: string, files: Record<string, string>) => {
    const device = path.join(tools.folder, "sys/class/drm", card, "device");
    await mkdir(device, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(device, name), `${text}\n`);
  };
  const print = async (file: string) => `cat <<'END'\n${await recorded(file)}\nEND`;

  test("[DESK-02] AMD: rocm-smi is asked first, in JSON", async () => {
    await tools.install(
      "rocm-smi",
      `echo "$@" > ${tools.folder}/args\n${await print("amd-rocm-5.7.1-mi100.json")}`,
    );
    await tools.install("amd-smi", `touch ${tools.folder}/asked`);
    expect(await read()).toHaveLength(2);
    expect(await tools.read("args")).toBe("--showproductname --showuse --showmeminfo vram --json\n");
    await expect(tools.read("asked")).rejects.toThrow(/ENOENT/);
  });

  test("amd-smi is asked where rocm-smi is gone; its names only once", async () => {
    const metric = await print("amd-smi-gpu-data-rx7800xt-metric.json");
    const names = await print("amd-smi-gpu-data-rx7800xt-static.txt");
    await tools.install(
      "amd-smi",
      `echo "$@" >> ${tools.folder}/args\nif [ "$1" = metric ]; then\n${metric}\nelse\n${names}\nfi`,
    );
    const source = createAmdSource({ searchPath: tools.searchPath, kernel: "/nonexistent" });
    for (const _ of [1, 2]) {
      expect(await source.read(signal)).toMatchObject([{ name: "AMD Radeon RX 7800 XT", utilisation: 0.02 }]);
    }
    expect((await tools.read("args")).split("\n")).toEqual([
      "metric --usage --mem-usage --json",
      "static --asic --json",
      "metric --usage --mem-usage --json",
      "",
    ]);
  });

  test("[DESK-02] AMD: the kernel is read where no tool tells memory", async () => {
    await tools.install("amd-smi", await print("amd-smi-26.2.1-strix-halo.json"));
    // The figures of card0 from elementary/monitor issue 369, of card1 from Ricks-Lab/gpu-utils issue 118.
    const first = { mem_info_vram_total: "8573157376", mem_info_vram_used: "6812925952" };
    await show("card0", { ...first, gpu_busy_percent: "1", device: "0x73df" });
    await show("card1", { mem_info_vram_total: "4294967296", product_name: "RX 570" });
    await show("card2", { vendor: "0x8086" });
    await show("card0-DP-1", first);
    expect(await read()).toEqual([
      {
        vendor: "amd",
        name: "AMD 0x73df",
        vram_total_gb: 7.98,
        vram_available_gb: 1.64,
        utilisation: 0.01,
      },
      { vendor: "amd", name: "RX 570", vram_total_gb: 4, vram_available_gb: 0, utilisation: null },
    ]);
  });

  test("without tools and without the driver there are none", async () => {
    expect(await read()).toEqual([]);
  });
});
