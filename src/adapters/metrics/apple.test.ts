import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openToolFolder } from "../../../test/support/tool-folder.ts";
import { createAppleSource, parseAppleNames, parseAppleUtilisation } from "./apple.ts";
import { roundGigabytes } from "./units.ts";
import { readMemory } from "./system.ts";

const recorded = (name: string) => readFile(path.join(import.meta.dirname, "recorded", name), "utf8");
const signal = new AbortController().signal;

test.each([
  ["apple-m1-macos-11.json", ["Apple M1"]],
  ["apple-m3-pro.json", ["Apple M3 Pro"]],
])("the name in %s is read", async (file, names) => {
  expect(parseAppleNames(await recorded(file))).toEqual(names);
});

test("the utilisation is read from the registry", async () => {
  expect(parseAppleUtilisation(await recorded("apple-m1-pro-macos-12.6-ioreg.txt"))).toBe(2);
  expect(parseAppleUtilisation("")).toBeUndefined();
});

test.each([
  "",
  "{}",
  "[]",
  '{"SPDisplaysDataType": 7}',
  '{"SPDisplaysDataType": [7, {}, {"_name": "kHW_IntelIris6100Item"}, {"_name": "AMD Radeon Pro 5500M"}]}',
])("%j means none", (text) => {
  expect(parseAppleNames(text)).toEqual([]);
});

test("[DESK-02] Apple: the processor has the machine's memory; its name is asked once", async () => {
  await using tools = await openToolFolder();
  const print = async (file: string) => `cat <<'END'\n${await recorded(file)}\nEND`;
  await tools.install(
    "system_profiler",
    `echo x >> ${tools.folder}/asked\n${await print("apple-m3-pro.json")}`,
  );
  await tools.install("ioreg", await print("apple-m1-pro-macos-12.6-ioreg.txt"));
  const source = createAppleSource({ searchPath: tools.searchPath, platform: "darwin" });
  await source.read(signal);
  const [gpu, ...more] = await source.read(signal);
  expect(more).toEqual([]);
  expect(gpu).toMatchObject({ vendor: "apple", name: "Apple M3 Pro", utilisation: 0.02 });
  expect(gpu?.vram_total_gb).toBe(roundGigabytes((await readMemory()).total));
  expect(gpu?.vram_available_gb).toBeGreaterThan(0);
  expect(await tools.read("asked")).toBe("x\n");
});

test("without ioreg the utilisation is unknown", async () => {
  await using tools = await openToolFolder();
  await tools.install("system_profiler", `echo '${await recorded("apple-m3-pro.json")}'`);
  const source = createAppleSource({ searchPath: tools.searchPath, platform: "darwin" });
  expect(await source.read(signal)).toMatchObject([{ name: "Apple M3 Pro", utilisation: null }]);
});

test("other systems are not asked", async () => {
  await using tools = await openToolFolder();
  await tools.install("system_profiler", `touch ${tools.folder}/asked`);
  const source = createAppleSource({ searchPath: tools.searchPath, platform: "linux" });
  expect(await source.read(signal)).toEqual([]);
  await expect(tools.read("asked")).rejects.toThrow(/ENOENT/);
});
