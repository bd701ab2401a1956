import { listOperations } from "../../ansible/operations/operations.ts";
import type { Request } from "../../contracts/request.ts";
import type { RetryFrom } from "../../contracts/retry.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { chooseRetried, type RetriedStep, type TriedStep } from "../../domain/run/retry.ts";
import { isEnded, isSettled } from "../../domain/run/states.ts";
import { recordAudit } from "../audit/record.ts";
import { tellPhase } from "../converse/link-sql.ts";
import type { PlanRetry } from "../core-tables.ts";
import type { Caller } from "../engine.ts";
import { freezeSteps, storePlan, type FrozenStep } from "../plan/make.ts";
import { getPlanRow, resolveId, servicesOf, type PlanRow } from "../plan/sql.ts";
import { answersOf } from "../request/answers.ts";
import type { RequestDeps } from "../request/create.ts";
import type { Draft } from "../request/draft.ts";
import { draftWithHosts } from "../request/draft-with-hosts.ts";
import { readPortals } from "../request/portals.ts";
import { getRequest } from "../request/sql.ts";
import type { Tx } from "../schema.ts";
import { createWorld } from "../request/world.ts";
import { listLaterRuns } from "../rollback/sql.ts";
import type { RunRow } from "../run/sql.ts";
import { findClick } from "./click.ts";
import { cutDrafts, gone, isNamed, type Wanted } from "./drafts.ts";
import {
  findBase,
  findOpenRetry,
  getRunRow,
  listTried,
  lockPlannedRequest,
  setPlanOfRequest,
} from "./sql.ts";

/**
 * Asks for a part of a run to be tried again: the next revision of its plan, as its files are now, with a hash and an approval of its
 * own. Nothing runs here, and hosts and steps only ever become fewer. Throws `not-found`, `conflict` for a run that is not over or
 * cannot be made again, `bad-input` when nothing is left or the ansibleTask cannot be begun at.
 */
export async function retryRun(
  deps: RequestDeps,
  caller: Caller,
  given: { id: string; from: RetryFrom },
): Promise<Request> {
  const run = await getRunRow(deps.db, await resolveId(deps.db, "run", given.id));
  const plan = await getPlanRow(deps.db, run.plan_id);
  const tried = await listTried(deps.db, run.id, plan);
  refuseUnended(run, tried);
  const begin = beginOf(plan, { tried, from: given.from });
  const chosen = chooseRetried(tried, begin?.step);
  if (chosen.steps.length === 0)
    throw new ChiffonError("bad-input", `${nameOf(run)} has nothing left to try again`, {
      hint: `to do all of a step again: chiffon run retry ${run.id.slice(0, 8)} --from-step 1`,
    });
  const base = await findBase(deps.db, plan.request_id);
  if (base === undefined || base !== (plan.document.retry?.base ?? plan.id))
    throw gone("its plan has been changed since");
  const wanted = chosen.steps.map((step) => toWanted(plan, step, begin));
  const draft = await draftAgain(deps, caller, plan.request_id);
  const drafts = cutDrafts(draft.steps, wanted);
  const frozen = await freezeSteps(deps, drafts);
  const steps = wanted.map((each) => each.of);
  const manifests = frozen.map((each) => each.manifest);
  const click = await findClick(deps, { tried: plan, steps, manifests });
  const notes = [
    `tries ${nameOf(run)} again: ${whatOf(given.from)}`,
    ...unsureNotes(tried),
    ...(begin?.startAt === undefined ? [] : [`tasks before "${begin.startAt}" do not run: ${leftUndone}`]),
    ...chosen.notes,
    ...(await laterNotes(deps, run, plan)),
    ...draft.notes,
  ];
  const retry: PlanRetry = { runId: run.id, from: given.from, base, steps, click };
  return await store(deps, caller, { run, plan, frozen, notes, retry });
}

const nameOf = ({ id }: Pick<RunRow, "id">): string => `run ${id.slice(0, 8)}`;
const leftUndone = "what they register or set is not there for the later ones";

function whatOf(from: RetryFrom): string {
  if (from === "failed-hosts") return "what is left of its steps and hosts";
  return "ansibleTask" in from
    ? `from the Ansible task "${from.ansibleTask}" on`
    : `from step ${from.step + 1} on`;
}

function refuseUnended(run: RunRow, tried: readonly TriedStep[]): void {
  const short = run.id.slice(0, 8);
  if (run.purpose === "preview")
    throw new ChiffonError("conflict", `${nameOf(run)} is a preview`, {
      hint: "preview its plan again instead: chiffon plan preview",
    });
  if (!isEnded(run.state))
    throw new ChiffonError("conflict", `${nameOf(run)} is ${run.state}: it is not over yet`, {
      hint: `stop it first (chiffon run cancel ${short}), or wait for its end`,
    });
  // Should its agent come back, they would run twice.
  if (tried.some((each) => !isSettled(each.state)))
    throw new ChiffonError(
      "conflict",
      `steps of ${nameOf(run)} still wait for one of which nobody knows the end`,
      {
        hint: `look at the hosts and say how it ended (chiffon run mark ${short} --step N --as succeeded or failed --reason TEXT); or cancel what is left (chiffon run cancel ${short}), then try again`,
      },
    );
}

/** Two that try the same again at once would do it twice. */
async function refuseWhileTried(tx: Tx, run: RunRow): Promise<void> {
  const other = await findOpenRetry(tx, run.id);
  if (other === undefined) return;
  const short = other.slice(0, 8);
  throw new ChiffonError("conflict", `run ${short} tries ${nameOf(run)} again at this moment`, {
    hint: `watch it (chiffon run watch ${short}) or cancel it (chiffon run cancel ${short}); when it is over, try that one again`,
  });
}

interface Begin {
  readonly step: number;
  readonly startAt: string | undefined;
}

/** The step that a person wants to begin with; undefined: with what is left. */
function beginOf(
  plan: PlanRow,
  { tried, from }: { tried: readonly TriedStep[]; from: RetryFrom },
): Begin | undefined {
  if (from === "failed-hosts") return undefined;
  const { steps } = plan.document;
  if (from.step !== undefined && from.step >= steps.length)
    throw new ChiffonError("bad-input", `the run has no step ${from.step + 1}`, {
      hint: steps.length === 1 ? "it has one step" : `its steps are 1 to ${steps.length}`,
    });
  if (!("ansibleTask" in from)) return { step: from.step, startAt: undefined };
  const startAt = from.ansibleTask;
  if (from.step !== undefined) return { step: from.step, startAt };
  const having = steps.filter((step) => step.ansibleTasks.some((task) => isNamed(task, startAt)));
  const failed = having.filter((step) => tried.find((each) => each.step === step.index)?.state === "failed");
  const [first, second] = failed.length > 0 ? failed : having;
  if (first !== undefined && second === undefined) return { step: first.index, startAt };
  throw new ChiffonError(
    "bad-input",
    first === undefined
      ? `no step of the run has an Ansible task "${startAt}" in its list`
      : `several steps of the run have an Ansible task "${startAt}"`,
    {
      hint:
        first === undefined
          ? "only a task that stands in the playbook or in what it imports can be begun at: not one inside a dynamic include"
          : "say of which step: --from-step N",
    },
  );
}

function toWanted(plan: PlanRow, step: RetriedStep, begin: Begin | undefined): Wanted {
  const before = plan.document.steps.find((each) => each.index === step.step);
  const began = step.step === begin?.step ? begin.startAt : undefined;
  return {
    ...step,
    of: plan.document.retry?.steps[step.step] ?? step.step,
    unit: before?.unit.id ?? "",
    // What was begun in the middle is not begun earlier by itself.
    startAt: began ?? before?.startAt,
  };
}

/** The steps of the whole request as they would be planned now. */
async function draftAgain(deps: RequestDeps, { actor }: Caller, requestId: string): Promise<Draft> {
  const request = await getRequest(deps.db, requestId);
  const now = createWorld(await deps.catalogues.read(), listOperations());
  const world = await readPortals(now, request.intents);
  const planned = { intents: request.intents, answers: answersOf(request.questions), world };
  const { draft } = await draftWithHosts(deps, actor, planned);
  const open = draft.problem?.message ?? draft.questions[0]?.text;
  if (open !== undefined) throw gone(open);
  return draft;
}

function unsureNotes(tried: readonly TriedStep[]): string[] {
  return tried
    .filter((each) => each.state === "unknown")
    .map(
      ({ step }) =>
        `nobody knows whether step ${step + 1} of that run finished: look at its hosts before you approve`,
    );
}

async function laterNotes(deps: RequestDeps, run: RunRow, plan: PlanRow): Promise<string[]> {
  const later = await listLaterRuns(deps.db, { runId: run.id, services: servicesOf(plan) });
  return later.map(
    (each) =>
      `since then run ${each.id.slice(0, 8)} worked on the same (${each.request_text.slice(0, 200)}): look whether that still fits`,
  );
}

async function store(
  deps: RequestDeps,
  caller: Caller,
  made: {
    run: RunRow;
    plan: PlanRow;
    frozen: readonly FrozenStep[];
    notes: readonly string[];
    retry: PlanRetry;
  },
): Promise<Request> {
  const { run, plan, frozen, retry } = made;
  const { request_id: requestId } = plan;
  await deps.db.transaction().execute(async (tx) => {
    await lockPlannedRequest(tx, requestId);
    await recordAudit(tx, {
      at: deps.clock.now(),
      kind: "run.retry-asked",
      actor: caller.actor,
      requestId,
      planId: plan.id,
      runId: run.id,
      services: servicesOf(plan),
      status: "asked",
      data: {
        plan_hash: plan.hash,
        from: whatOf(retry.from),
        steps: frozen.map(({ manifest }, index) => ({
          step: retry.steps[index] ?? index,
          hosts: manifest.hosts,
          start_at: manifest.startAt,
        })),
      },
    });
    const notes = [...new Set(made.notes)];
    const planId = await storePlan(deps, tx, { requestId, frozen, notes, by: caller.actor, retry });
    // Looked at last: an approval of an earlier retry is either seen here, or finds its plan superseded.
    await refuseWhileTried(tx, run);
    await setPlanOfRequest(tx, { id: requestId, planId });
    await tellPhase(tx, { requestId, phase: "planned", at: deps.clock.now() });
  });
  return await getRequest(deps.db, requestId);
}
