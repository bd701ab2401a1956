import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { load } from "js-yaml";
import { createCatalogueCache, readCatalogue } from "../src/ansible/catalogue/read.ts";
import { median } from "./cpu.ts";
import type { Verdict } from "./verdict.ts";
import { writeUnits } from "./repository.ts";

/** 3,334 units make about 5,000 YAML files: a playbook is one, a role two. */
const units = 3_334;
const rounds = 7;

/** Reading a repository the first time against js-yaml alone on the same files, and again unchanged against the first time. */
export async function benchCatalogue(): Promise<Verdict[]> {
  const root = await mkdtemp(path.join(tmpdir(), "chiffon-bench-"));
  try {
    await writeUnits(root, units);
    const files = yamlFiles(root);
    const floor: number[] = [];
    const cold: number[] = [];
    const again: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      floor.push(measure(() => files.forEach((file) => load(readFileSync(file, "utf8")))));
      const cache = createCatalogueCache();
      cold.push(await measureAsync(() => readCatalogue({ repository: "bench", root, cache })));
      // What was written within the last second is read again: a repository is seldom that fresh.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await readCatalogue({ repository: "bench", root, cache });
      again.push(await measureAsync(() => readCatalogue({ repository: "bench", root, cache })));
    }
    const [parse, first, second] = [median(floor), median(cold), median(again)];
    process.stderr.write(
      `${files.length} YAML files: js-yaml alone ${parse.toFixed(0)} ms, cold ${first.toFixed(0)} ms, unchanged ${second.toFixed(0)} ms\n`,
    );
    return [ratio("catalogue-cold", first / parse, 2.5), ratio("catalogue-unchanged", second / first, 0.2)];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const ratio = (name: string, value: number, most: number): Verdict => ({
  name,
  figure: value.toFixed(3),
  target: `<=${most}`,
  met: value <= most,
});

function yamlFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yml"))
    .map((name) => path.join(root, name));
}

function measure(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

async function measureAsync(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
