import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import type { Run } from "../../src/contracts/run.ts";
import { waitUntil, type Api, type World } from "./server.ts";

/** Writes a repository of the test's own and gives its folder. */
export async function writeRepository(
  world: World,
  files: Record<string, string>,
  name = "repository",
): Promise<string> {
  const root = path.join(world.dir, name);
  for (const [file, text] of Object.entries({ "hosts.yml": localInventory, ...files })) {
    const target = path.join(root, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  return root;
}

/** Its Python is named: where it is not, each run looks for one first, which takes as long as a task or two. */
export const localInventory =
  "all:\n  hosts:\n    this-machine:\n      ansible_connection: local\n      ansible_python_interpreter: /usr/bin/python3\n";

/** A playbook of one play on all hosts without facts; `tasks` is YAML, indented by four blanks. */
export function playbook(service: string, tasks: string, header = ""): string {
  return `# chiffon:service=${service}\n${header}- name: Deploy ${service}\n  hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`;
}

/** Asks and expects a plan. */
export async function plan(api: Api, text: string): Promise<Plan> {
  const request = await api.post<Request>("/requests", { text });
  if (request.planId === null)
    throw new Error(`no plan: ${JSON.stringify({ problem: request.problem, questions: request.questions })}`);
  return await api.get<Plan>(`/plans/${request.planId}`);
}

/** Asks, takes the first option of whatever is asked back, or `free` where there are none, and expects a plan. */
export async function planAnswering(api: Api, text: string, free = ""): Promise<Plan> {
  let request = await api.post<Request>("/requests", { text });
  while (request.planId === null && request.questions.length > 0) {
    const answers = request.questions.map(({ id, options }) => ({
      question: id,
      value: options[0]?.value ?? free,
    }));
    request = await api.post<Request>(`/requests/${request.id}/answer`, { answers });
  }
  if (request.planId === null) throw new Error(`no plan: ${JSON.stringify(request.problem)}`);
  return await api.get<Plan>(`/plans/${request.planId}`);
}

/** Approves as shown and gives the id of the run. */
export async function approve(api: Api, shown: Plan): Promise<string> {
  const { typed } = shown.approvalForm;
  const done = await api.post<Plan>(`/plans/${shown.id}/approve`, {
    hash: shown.hash,
    ...(typed === null ? {} : { typed }),
  });
  if (done.runId === null) throw new Error("no run");
  return done.runId;
}

export async function ended(api: Api, runId: string, timeout = 120_000): Promise<Run> {
  return await waitUntil(async () => {
    const run = await api.get<Run>(`/runs/${runId}`);
    return run.endedAt === null ? undefined : run;
  }, timeout);
}

/** Waits until the first task of a run is executing. */
export async function running(api: Api, runId: string): Promise<Run> {
  return await waitUntil(async () => {
    const run = await api.get<Run>(`/runs/${runId}`);
    return run.tasks.some((task) => task.state === "running") ? run : undefined;
  });
}

export async function readWholeLog(api: Api, runId: string): Promise<string> {
  let text = "";
  for (;;) {
    const page = await api.get<{ text: string; next: number; end: boolean }>(
      `/runs/${runId}/log?after=${text.length}&limit=100000`,
    );
    text += page.text;
    if (page.end) return text;
  }
}
