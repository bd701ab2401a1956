import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { sweepAttempt } from "../../ansible/process/processes.ts";
import type { Actor } from "../../contracts/actor.ts";
import type { PlanPreview, PreviewProgress, StartPreview, StepPreview } from "../../contracts/preview.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import { getRepository } from "../catalogues.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import { operationsFolder } from "../plan/freeze.ts";
import { alone } from "../replicas/locks.ts";
import { getPlanRow, resolveId, type PlanRow } from "../plan/sql.ts";
import {
  holdStep,
  lookAtStep,
  readStep,
  type PlannedStep,
  type RunStepDeps,
  type StepEnd,
} from "./run-step.ts";
import {
  listDecided,
  listPreviewRows,
  listUnseenPlans,
  savePreview,
  tellStop,
  type PreviewRow,
} from "./sql.ts";

export interface PreviewDeps extends RunStepDeps, Pick<CoreDeps, "db" | "clock" | "newId" | "replica"> {
  /** Folder in the data directory for the run directories of previews. */
  readonly folder: string;
  /** File for a configuration of ours with which modules are asked what they do in check mode. */
  readonly docsConfiguration: string;
  readonly onError: (error: unknown) => void;
}

/** Looks at plans in check mode before anybody has approved them. One at a time: they are only read runs. */
export interface Previews extends AsyncDisposable {
  get(planId: string): Promise<PlanPreview>;
  /** Begins, and answers how it stands then. Those that already run go on. */
  start(caller: Caller, planId: string, body: StartPreview): Promise<PlanPreview>;
  cancel(caller: Caller, planId: string): Promise<PlanPreview>;
  /** Begins with new plans by itself where that needs nobody's consent, and stops what nobody can decide about any more. */
  tend(automatic: boolean): Promise<void>;
  /** Somebody has cancelled those of a plan, at whichever server. */
  stop(planId: string): void;
  /** Resolves when nothing runs or waits. */
  settled(): Promise<void>;
}

interface Job {
  readonly planId: string;
  readonly step: number;
  readonly controller: AbortController;
  readonly done: Promise<void>;
  /** Undefined while it waits, and before its first task. */
  progress: PreviewProgress | undefined;
}

interface State {
  readonly deps: PreviewDeps;
  readonly jobs: Map<string, Job>;
  last: Promise<unknown>;
}

/** New plans only: nobody waits for the previews of old ones. */
const youngerThan = 3_600_000;
const system: Actor = { kind: "system", name: "chiffon", id: null };

/** Ends what an earlier process of this server left running. */
export async function openPreviews(deps: PreviewDeps): Promise<Previews> {
  for (const name of await readdir(deps.folder).catch(() => [])) {
    await sweepAttempt(name);
    await rm(path.join(deps.folder, name), { recursive: true, force: true });
  }
  await mkdir(deps.folder, { recursive: true, mode: 0o700 });
  await writeFile(deps.docsConfiguration, "[defaults]\n", { mode: 0o600 });
  const state: State = { deps, jobs: new Map(), last: Promise.resolve() };
  return {
    get: async (planId) => await getPreview(state, await resolveId(deps.db, "plan", planId)),
    start: async (caller, planId, body) =>
      await startPreview(state, caller, { planId: await resolveId(deps.db, "plan", planId), body }),
    cancel: async (caller, planId) =>
      await cancelPreview(state, caller, await resolveId(deps.db, "plan", planId)),
    tend: (automatic) => tend(state, automatic),
    stop: (planId) => {
      for (const job of jobsOf(state, planId)) job.controller.abort();
    },
    settled: async () => void (await Promise.all([...state.jobs.values()].map((job) => job.done))),
    async [Symbol.asyncDispose]() {
      const open = [...state.jobs.values()];
      for (const job of open) job.controller.abort();
      await Promise.all(open.map((job) => job.done));
    },
  };
}

async function getPreview({ deps, jobs }: State, planId: string): Promise<PlanPreview> {
  const plan = await getPlanRow(deps.db, planId);
  const rows = new Map((await listPreviewRows(deps.db, planId)).map((row) => [row.step, row]));
  const steps: StepPreview[] = [];
  for (const step of stepsOf(plan)) {
    const row = rows.get(step.shown.index) ?? (await untouchedRow(deps, plan, step));
    const progress = row.state === "running" ? jobs.get(keyOf(plan, step))?.progress : undefined;
    steps.push({ ...toView(row, step), ...(progress === undefined ? {} : { progress }) });
  }
  return { planId, steps };
}

const keyOf = (plan: PlanRow, { shown }: PlannedStep): string => `${plan.id} ${shown.index}`;

function stepsOf(plan: PlanRow): PlannedStep[] {
  return plan.document.steps.flatMap((shown) => {
    const manifest = plan.manifests.steps.find((each) => each.step === shown.index);
    return manifest === undefined ? [] : [{ shown, manifest }];
  });
}

function toView(row: PreviewRow, { shown }: PlannedStep): StepPreview {
  return {
    step: row.step,
    state: row.state,
    reason: row.reason,
    hint: row.hint,
    held: row.held,
    hosts: shown.hosts,
    ...row.result,
    startedBy: row.started_by?.name ?? null,
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

/** Of a step that nobody has looked at: what reading tells. Its snapshot may be gone when the plan is an old one. */
async function untouchedRow(deps: PreviewDeps, plan: PlanRow, step: PlannedStep): Promise<PreviewRow> {
  const after = step.shown.previewableAfter;
  const empty = { tasks: [], counts: { change: 0, same: 0, unknown: 0 }, coverage: 0, cut: false };
  const result = await readStep(deps, step).catch((error: unknown) => {
    if (!ChiffonError.is(error)) deps.onError(error);
    return empty;
  });
  return {
    plan_id: plan.id,
    step: step.shown.index,
    id: plan.id,
    state: "none",
    reason:
      after.length === 0
        ? null
        : `it can be previewed after step ${after.map((index) => index + 1).join(" and ")}, which it builds on`,
    hint: after.length === 0 ? null : "Let the run stop before it: chiffon plan approve --stop-before",
    held: null,
    result,
    started_by: null,
    started_at: null,
    ended_at: null,
    replica: deps.replica,
  };
}

async function startPreview(
  state: State,
  caller: Caller,
  { planId, body }: { planId: string; body: StartPreview },
): Promise<PlanPreview> {
  const { deps } = state;
  const plan = await getPlanRow(deps.db, planId);
  if (plan.state !== "proposed")
    throw new ChiffonError("conflict", `the plan is ${plan.state}: there is nothing to preview any more`, {
      hint: "Ask again to get a new plan: chiffon ask",
    });
  const steps = stepsOf(plan);
  const wanted =
    body.steps ??
    steps.filter((step) => step.shown.previewableAfter.length === 0).map((step) => step.shown.index);
  const missing = wanted.find((index) => !steps.some((step) => step.shown.index === index));
  if (missing !== undefined)
    throw new ChiffonError("bad-input", `the plan has no step ${missing + 1}`, {
      hint: `Its steps are 1 to ${steps.length}.`,
    });
  for (const step of steps)
    if (wanted.includes(step.shown.index)) await begin(state, { plan, step, actor: caller.actor });
  return await getPreview(state, planId);
}

interface Begun {
  readonly plan: PlanRow;
  readonly step: PlannedStep;
  readonly actor: Actor;
}

/** Marks it as running, with its record, and puts it into the row of those that wait. */
async function begin(state: State, work: Begun): Promise<void> {
  const { deps } = state;
  const key = keyOf(work.plan, work.step);
  if (state.jobs.has(key)) return;
  const controller = new AbortController();
  const id = deps.newId();
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const done = Promise.all([started, state.last]).then(async () => {
    const onProgress = (progress: PreviewProgress | undefined): void => void (job.progress = progress);
    await execute(state, { ...work, id, signal: controller.signal, onProgress }).catch(deps.onError);
    state.jobs.delete(key);
  });
  const job: Job = {
    planId: work.plan.id,
    step: work.step.shown.index,
    controller,
    done,
    progress: undefined,
  };
  state.jobs.set(key, job);
  state.last = done;
  try {
    const row = await untouchedRow(deps, work.plan, work.step);
    const running = { ...row, id, state: "running" as const, reason: null, hint: null };
    // Another server may have begun with it: then that one goes on.
    if (!(await save(deps, work, { ...running, ...startedBy(deps, work) }))) controller.abort();
  } catch (error) {
    controller.abort();
    throw error;
  } finally {
    resolve();
  }
}

function startedBy(deps: PreviewDeps, work: Begun): Pick<PreviewRow, "started_by" | "started_at"> {
  return { started_by: work.actor, started_at: deps.clock.now() };
}

interface Running extends Begun {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PreviewProgress | undefined) => void;
}

async function execute(state: State, work: Running): Promise<void> {
  const { deps } = state;
  const before = (await listPreviewRows(deps.db, work.plan.id)).find((row) => row.id === work.id);
  if (before === undefined) return;
  const end = await endOf(deps, work, before).catch((error: unknown): StepEnd => {
    if (!ChiffonError.is(error)) throw error;
    const hint = error.hint ?? null;
    return { ...before, state: "unavailable", reason: error.message, hint };
  });
  await save(deps, work, { ...before, ...end, ended_at: deps.clock.now() });
}

async function endOf(deps: PreviewDeps, work: Running, before: PreviewRow): Promise<StepEnd> {
  const cancelled: StepEnd = { ...before, state: "cancelled", reason: "it was cancelled" };
  if (work.signal.aborted) return cancelled;
  const hold = await holdStep(deps, work.step);
  if (hold.kind === "refused")
    return { ...before, state: "unavailable", reason: hold.reason, hint: hold.hint, held: null };
  if (work.signal.aborted) return cancelled;
  const { id, signal, onProgress } = work;
  return await lookAtStep(deps, work.step, { id, hold, signal, onProgress });
}

/**
 * A change of a preview's state is recorded; what it showed is not part of the record. False, and nothing is changed, where another
 * look at that step is under way.
 */
async function save(deps: PreviewDeps, { plan, actor }: Begun, row: PreviewRow): Promise<boolean> {
  const at = deps.clock.now();
  return await deps.db.transaction().execute(async (tx) => {
    const now = await tx.selectFrom("plan").select("state").where("id", "=", plan.id).executeTakeFirst();
    if (!(await savePreview(tx, row, { state: now?.state ?? plan.state, at }))) return false;
    if (row.state === "none") return true;
    await recordAudit(tx, {
      at,
      kind: row.state === "running" ? "preview.started" : "preview.finished",
      actor,
      requestId: plan.request_id,
      planId: plan.id,
      services: [...new Set(plan.document.steps.flatMap((step) => step.services))],
      status: row.state,
      data: { plan_hash: plan.hash, step: row.step, held: row.held, ...row.result.counts },
    });
    return true;
  });
}

/** Those of a plan that this server has. */
function jobsOf({ jobs }: State, planId: string): Job[] {
  return [...jobs.values()].filter((job) => job.planId === planId);
}

async function cancelPreview(state: State, caller: Caller, planId: string): Promise<PlanPreview> {
  const { deps } = state;
  const open = jobsOf(state, planId);
  const running = (await listPreviewRows(deps.db, planId)).filter((row) => row.state === "running");
  const steps = [...new Set([...open, ...running].map(({ step }) => step))];
  if (steps.length > 0)
    await deps.db.transaction().execute(async (tx) => {
      const at = deps.clock.now();
      const { actor } = caller;
      await recordAudit(tx, { at, kind: "preview.cancel-requested", actor, planId, data: { steps } });
      await tellStop(tx, planId);
    });
  for (const job of open) job.controller.abort();
  await Promise.all(open.map((job) => job.done));
  return await getPreview(state, planId);
}

async function tend(state: State, automatic: boolean): Promise<void> {
  const { deps, jobs } = state;
  const decided = new Set(
    await listDecided(deps.db, [...new Set([...jobs.values()].map((job) => job.planId))]),
  );
  for (const job of jobs.values()) if (decided.has(job.planId)) job.controller.abort();
  if (!automatic) return;
  const since = new Date(deps.clock.now().getTime() - youngerThan);
  if ((await listUnseenPlans(deps.db, since)).length > 0)
    await alone(deps.db, "previews", () => beginUnseen(state, since));
}

async function beginUnseen(state: State, since: Date): Promise<void> {
  const { deps } = state;
  for (const planId of await listUnseenPlans(deps.db, since)) {
    const plan = await getPlanRow(deps.db, planId);
    const known = new Set((await listPreviewRows(deps.db, planId)).map((row) => row.step));
    for (const step of stepsOf(plan)) {
      if (known.has(step.shown.index)) continue;
      const work = { plan, step, actor: system };
      const reason = await reasonToWait(deps, step);
      if (reason === undefined) await begin(state, work);
      else await save(deps, work, { ...(await untouchedRow(deps, plan, step)), ...reason });
    }
  }
}

type Waiting = Pick<PreviewRow, "reason" | "hint"> & Partial<Pick<PreviewRow, "state">>;

/** Why a step is not looked at without being asked; undefined when it is. */
async function reasonToWait(deps: PreviewDeps, step: PlannedStep): Promise<Waiting | undefined> {
  const { shown, manifest } = step;
  if (shown.previewableAfter.length > 0) {
    const steps = shown.previewableAfter.map((index) => index + 1).join(" and ");
    return { reason: `it can be previewed after step ${steps}, which it builds on`, hint: null };
  }
  try {
    const isOwn = manifest.playbook.startsWith(`${operationsFolder}/`);
    const { unknown } = await deps.catalogues.closure(getRepository(deps.catalogues, shown.unit.repository), {
      project: manifest.project,
      playbook: isOwn ? null : manifest.playbook,
      inventory: manifest.inventory,
    });
    if (unknown.length > 0)
      return {
        reason: `it is previewed only when you ask: what belongs to it could not all be found by reading (${unknown[0] ?? ""})`,
        hint: null,
      };
    const hold = await holdStep(deps, step);
    return hold.kind === "refused"
      ? { state: "unavailable", reason: hold.reason, hint: hold.hint }
      : undefined;
  } catch (error) {
    // Said once, not tried again and again: nobody has asked for it.
    if (!ChiffonError.is(error)) deps.onError(error);
    const reason = error instanceof Error ? error.message : String(error);
    const hint = ChiffonError.is(error) ? (error.hint ?? null) : "The server's log says more.";
    return { state: "unavailable", reason, hint };
  }
}
