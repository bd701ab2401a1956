import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { readWorld } from "../src/compose/offline-world.ts";
import { matchIntents } from "../src/understand/match.ts";
import { splitRequest } from "../src/understand/split.ts";
import type { Verdict } from "./verdict.ts";
import { writeUnits } from "./repository.ts";

const sizes = [
  { units: 1_000, target: 50 },
  { units: 10_000, target: 150 },
];
const wishes = 300;

/** Milliseconds for splitting and matching one sentence, without a server. Quality is what `chiffon eval` measures. */
export async function benchMatch(): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const { units, target } of sizes) {
    const root = await mkdtemp(path.join(tmpdir(), "chiffon-bench-"));
    try {
      const names = await writeUnits(root, units);
      const world = await readWorld({ repos: [root] });
      const times = sentences(names).map((text) => {
        const began = performance.now();
        matchIntents(splitRequest(text, { names: world.names, hosts: world.hosts }), world);
        return performance.now() - began;
      });
      verdicts.push(p95Of(`match-${units}`, times, target));
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }
  return verdicts;
}

/** Names, slips of the keyboard, needs without a name, two wishes at once. */
export function sentences(names: readonly string[]): string[] {
  return Array.from({ length: wishes }, (_, at) => {
    const name = names[(at * 37) % names.length] ?? "grafana";
    const forms = [
      `Deploy ${name}`,
      `instal ${name.slice(0, -1)} on this-machine`,
      "something to watch films on the television",
      `update ${name} and then restart nginx on this-machine`,
    ];
    return forms[at % forms.length] ?? name;
  });
}

/** The 95th percentile of the times against a target in milliseconds. The first ones, which build indexes, count. */
export function p95Of(name: string, times: readonly number[], target: number): Verdict {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  process.stderr.write(
    `${name}: p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms, longest ${at(1).toFixed(1)} ms\n`,
  );
  return { name, figure: `${at(0.95).toFixed(1)}ms`, target: `<=${target}ms`, met: at(0.95) <= target };
}
