import path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Request } from "../src/contracts/request.ts";
import { createWorld, signUp, startServer } from "../test/support/server.ts";
import type { Verdict } from "./verdict.ts";
import { p95Of } from "./match.ts";
import { writeUnits } from "./repository.ts";

const sizes = [
  { units: 1_000, target: 50 },
  { units: 10_000, target: 150 },
];
const requests = 100;

/** From a request over HTTP to its stored plan, snapshot included, on a server that has been running for a while. */
export async function benchPlan(): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const { units, target } of sizes) {
    await using world = await createWorld();
    const repository = path.join(world.dir, "repository");
    const names = await writeUnits(repository, units);
    await using server = await startServer(world, { args: ["--repo", repository] });
    const api = await signUp(server);
    const times: number[] = [];
    for (let at = 0; at < requests + 5; at += 1) {
      // The first ones read the repository; then its folders are watched.
      if (at === 5) await delay(10_000);
      const text = `Deploy ${names[(at * 37) % names.length]}`;
      const began = performance.now();
      const asked = await api.post<Request>("/requests", { text });
      if (at >= 5) times.push(performance.now() - began);
      if (asked.planId === null && asked.questions.length === 0)
        throw new Error(`no plan for "${text}": ${JSON.stringify(asked.problem)}`);
    }
    verdicts.push(p95Of(`plan-${units}`, times, target));
  }
  return verdicts;
}
