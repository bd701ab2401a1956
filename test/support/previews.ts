import { expect } from "vitest";
import type { PlanPreview, PreviewClass, PreviewTask, StepPreview } from "../../src/contracts/preview.ts";
import type { HostResult } from "../../src/contracts/run.ts";
import { approve, ended, planAnswering } from "./jobs.ts";
import { waitUntil, type Api } from "./server.ts";

/** What a preview says of one ansibleTask: the same for all hosts, or by host. */
export type Said = PreviewClass | Readonly<Record<string, PreviewClass>>;

/** All that a preview of a fixture has to say. */
export interface ExpectedPreview {
  readonly state: StepPreview["state"];
  readonly fresh: Readonly<Record<string, Said>>;
  /** After the run. */
  readonly again: Readonly<Record<string, Said>>;
}

/** What a preview of one of the example's playbooks has to say, by what it finds on the machine. */
export type ExampleTables = Readonly<
  Record<string, { readonly state: StepPreview["state"]; readonly tasks: Readonly<Record<string, Said>> }>
>;

/** Compares state and classes with one of the tables of a playbook of the example. */
export function expectTable(step: StepPreview, tables: ExampleTables | undefined, situation: string): void {
  const wanted = tables?.[situation];
  if (wanted === undefined) throw new Error(`there is no table "${situation}"`);
  expect(tableOf(step)).toEqual(wanted.tasks);
  expect([step.state, step.reason]).toEqual([wanted.state, step.reason]);
}

/** The only step of a preview. */
export function onlyStep(preview: PlanPreview): StepPreview {
  const [step] = preview.steps;
  if (step === undefined) throw new Error("no step");
  return step;
}

/** Looks at a plan of one step, and waits until that has ended. */
export async function preview(api: Api, planId: string): Promise<StepPreview> {
  await api.post<PlanPreview>(`/plans/${planId}/preview`, {});
  return await previewed(api, planId);
}

/** Waits until a preview that was begun has ended. */
export async function previewed(api: Api, planId: string): Promise<StepPreview> {
  return await waitUntil(async () => {
    const step = onlyStep(await api.get<PlanPreview>(`/plans/${planId}/preview`));
    return step.state !== "running" && step.state !== "none" && step;
  }, 180_000);
}

/** Everything that a preview says, by the name of the task; a name that comes again is numbered. */
export function tableOf(step: StepPreview): Record<string, Said> {
  const table: Record<string, Said> = {};
  const times = new Map<string, number>();
  for (const task of step.tasks) {
    const time = (times.get(task.name) ?? 0) + 1;
    times.set(task.name, time);
    table[time === 1 ? task.name : `${task.name} #${time}`] = saidOf(task);
  }
  return table;
}

function saidOf(task: PreviewTask): Said {
  const cells = task.results.flatMap((result) => result.hosts.map((host) => [host, result.class] as const));
  const [first] = cells;
  if (first !== undefined && cells.every((cell) => cell[1] === first[1])) return first[1];
  return Object.fromEntries(cells.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What was said to change did, what was said to stay did not, on each host. Gives how many cells were compared. */
export async function compareWithRun(api: Api, step: StepPreview, runId: string): Promise<number> {
  const cells = await api.get<HostResult[]>(`/runs/${runId}/hosts`);
  const changed = (source: string, host: string): boolean =>
    cells.some((cell) => cell.source === source && cell.host === host && cell.status === "changed");
  const known = step.tasks.flatMap((task) =>
    task.results
      .filter((result) => result.class !== "unknown")
      .flatMap((result) => result.hosts.map((host) => ({ task, host, class: result.class }))),
  );
  // A role that is used twice has its tasks twice at one place.
  const saysChange = (source: string, host: string): boolean =>
    known.some((each) => each.task.source === source && each.host === host && each.class === "change");
  for (const { task, host } of known)
    expect([task.name, host, changed(task.source, host)]).toEqual([
      task.name,
      host,
      saysChange(task.source, host),
    ]);
  return known.length;
}

/** Asks, answers what is asked back with `free` where there are no options, and gives the preview of the plan. */
export async function look(api: Api, sentence: string, free = ""): Promise<StepPreview> {
  return await preview(api, (await planAnswering(api, sentence, free)).id);
}

/** The preview of the plan, which then runs: what was said comes about. */
export async function runAsShown(api: Api, sentence: string, free = ""): Promise<StepPreview> {
  const shown = await planAnswering(api, sentence, free);
  const step = await preview(api, shown.id);
  const run = await ended(api, await approve(api, shown), 300_000);
  expect(run.state).toBe("succeeded");
  expect(await compareWithRun(api, step, run.id)).toBeGreaterThan(0);
  return step;
}
