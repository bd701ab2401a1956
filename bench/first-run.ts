import path from "node:path";
import type { Machine, MachineCheck, RepositoryView } from "../src/contracts/first-run.ts";
import type { Plan } from "../src/contracts/plan.ts";
import type { Request } from "../src/contracts/request.ts";
import { approve, ended } from "../test/support/jobs.ts";
import { createWorld, signUp, startServer, type Api } from "../test/support/server.ts";
import { median } from "./cpu.ts";
import type { Verdict } from "./verdict.ts";

const homelab = path.join(import.meta.dirname, "../examples/homelab");
const target = 180;

/**
 * The steps of the first run over HTTP, on an empty data directory: from a server that says it is ready to the facts run that has
 * succeeded. What a person needs to read and type comes on top: it is the machine's part.
 */
export async function benchFirstRun(options: Map<string, string>): Promise<Verdict[]> {
  const times: number[] = [];
  for (let round = 0; round < Number(options.get("--rounds") ?? 3); round += 1) {
    await using world = await createWorld();
    await using server = await startServer(world, { args: ["--repo", homelab] });
    const began = performance.now();
    await goThrough(await signUp(server), (step) =>
      process.stderr.write(`round ${round + 1}: ${step} after ${secondsSince(began)} s\n`),
    );
    times.push((performance.now() - began) / 1_000);
  }
  const seconds = median(times);
  return [
    { name: "first-run", figure: `${seconds.toFixed(1)} s`, target: `<=${target} s`, met: seconds <= target },
  ];
}

async function goThrough(api: Api, tell: (step: string) => void): Promise<void> {
  tell("signed in");
  const [repository] = await api.get<RepositoryView[]>("/repositories");
  if (repository === undefined || repository.units === 0) throw new Error("no repository");
  const machines = await api.get<Machine[]>("/machines");
  const checks = await api.post<MachineCheck[]>("/machines/check");
  if (checks.length !== machines.length || machines.length === 0) throw new Error("machines not looked at");
  tell("machines looked at");
  let request = await api.post<Request>("/machines/facts");
  while (request.status === "needs_clarification") {
    const answers = request.questions
      .filter((question) => question.answer === null)
      .map(({ id, options }) => ({ question: id, value: options[0]?.value ?? "" }));
    request = await api.post<Request>(`/requests/${request.id}/answer`, { answers });
  }
  if (request.planId === null) throw new Error(`no plan: ${request.problem?.message}`);
  const plan = await api.get<Plan>(`/plans/${request.planId}`);
  tell("plan made");
  const run = await ended(api, await approve(api, plan));
  if (run.state !== "succeeded") throw new Error(`the facts run ${run.state}: ${run.reason}`);
  tell("facts shown");
}

const secondsSince = (began: number): string => ((performance.now() - began) / 1_000).toFixed(1);
