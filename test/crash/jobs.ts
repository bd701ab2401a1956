import { readdir, readFile, writeFile, chmod } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
import { approve, plan } from "../support/jobs.ts";
import type { House } from "./house.ts";

/** How long a run may take to come to rest under a fault, in milliseconds. */
const patience = 60_000;

export interface Done {
  readonly run: Run;
  readonly marks: number;
}

/** Asks for the playbook that leaves one mark, approves it, and waits until nothing more happens. */
export async function runOnce(house: House, meanwhile?: (runId: string) => Promise<void>): Promise<Done> {
  const before = (await house.marks()).length;
  const shown = await house.insist((api) => plan(api, "Deploy mark"));
  const runId = await house.insist((api) => approve(api, shown));
  await meanwhile?.(runId);
  return { run: await atRest(house, runId), marks: (await house.marks()).length - before };
}

/** Begins a long run and cancels it. */
export async function cancelOnce(house: House): Promise<Done> {
  const before = (await house.marks()).length;
  const shown = await house.insist((api) => plan(api, "Deploy slow"));
  const runId = await house.insist((api) => approve(api, shown));
  await house.insist(async (api) => {
    const run = await api.get<Run>(`/runs/${runId}`);
    if (run.tasks[0]?.state === "ready" || run.tasks[0]?.state === "leased") throw new Error("not yet");
  });
  await house.insist((api) => api.post(`/runs/${runId}/cancel`, { reason: "enough" }));
  return { run: await atRest(house, runId), marks: (await house.marks()).length - before };
}

/** Changes what was frozen between approval and start: the agent has to refuse it. */
export async function refuseOnce(house: House): Promise<Done> {
  const holding = await house.insist((api) => plan(api, "Deploy slow"));
  const shown = await house.insist((api) => plan(api, "Deploy mark"));
  const holder = await house.insist((api) => approve(api, holding));
  const runId = await house.insist((api) => approve(api, shown));
  await changeFrozen(house, shown);
  await house.insist((api) => api.post(`/runs/${holder}/cancel`, { reason: "enough" }));
  await atRest(house, holder);
  const before = (await house.marks()).length;
  const run = await atRest(house, runId);
  const marks = (await house.marks()).length - before;
  await changeSource(house);
  return { run, marks };
}

async function changeFrozen(house: House, shown: Plan): Promise<void> {
  const trees = path.join(house.world.data, "snapshots/trees");
  const digest = shown.steps[0]?.snapshot ?? "";
  const tree = path.join(trees, digest);
  for (const name of await readdir(tree)) {
    if (name !== "mark.yml") continue;
    await chmod(path.join(tree, name), 0o600);
    await writeFile(path.join(tree, name), `${await readFile(path.join(tree, name), "utf8")}\n`);
  }
}

/** The next plan of the playbook finds no tree of it that is there already. */
export async function changeSource(house: House): Promise<void> {
  const file = path.join(house.world.dir, "repository/mark.yml");
  await writeFile(file, `${await readFile(file, "utf8")}#\n`);
}

/** Waits until the run has ended, and an unknown one until nobody will say more of it. */
async function atRest(house: House, runId: string): Promise<Run> {
  const until = Date.now() + patience;
  let settledSince: number | undefined;
  for (;;) {
    const run = await house.insist((api) => api.get<Run>(`/runs/${runId}`));
    const isOver = run.endedAt !== null || run.state === "unknown";
    settledSince = isOver ? (settledSince ?? Date.now()) : undefined;
    if (isOver && (run.state !== "unknown" || Date.now() - (settledSince ?? 0) > 6_000)) return run;
    if (Date.now() > until) return run;
    await delay(50);
  }
}
