import { listOperations } from "../../ansible/operations/operations.ts";
import type { Unit } from "../../contracts/catalogue.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { PlanStep, WayBack } from "../../contracts/plan.ts";
import type { Question, Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { isEnded } from "../../domain/run/states.ts";
import { recordAudit } from "../audit/record.ts";
import type { Caller } from "../engine.ts";
import { getPlanRow, resolveId } from "../plan/sql.ts";
import { findStepWayBack } from "../plan/way-back.ts";
import { note, unitChosen, valueSet, valueUnset } from "../request/answers.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { createWorld, findUnit, type World } from "../request/world.ts";
import { getEndedRun, listChanges, listLaterRuns, type Change } from "./sql.ts";

/**
 * Asks for a run to be taken back: the steps that changed something, in reverse order, each with its way back. That is a
 * request and a plan like any other, with a hash and an approval of its own; nothing runs here. Steps without a way back are
 * notes of the plan; when no step has one, nothing is made and the error says why.
 * Throws `not-found`, `conflict` for a run that is not over, `bad-input` when there is nothing to take back.
 */
export async function rollbackRun(
  deps: RequestDeps,
  caller: Caller,
  given: { id: string },
): Promise<Request> {
  const id = await resolveId(deps.db, "run", given.id);
  const run = await getEndedRun(deps.db, id);
  const name = `run ${id.slice(0, 8)}`;
  if (run.purpose === "preview")
    throw new ChiffonError("conflict", `${name} is a preview: it changed nothing`, {
      hint: "there is nothing to take back",
    });
  if (!isEnded(run.state))
    throw new ChiffonError("conflict", `${name} is ${run.state}: it is not over yet`, {
      hint: `stop it first (chiffon run cancel ${id.slice(0, 8)}), or wait for its end`,
    });
  const ways = await findWays(deps, id, await getPlanRow(deps.db, run.plan_id));
  const back = ways.filter((way) => way.deed !== null);
  if (back.length === 0) {
    await record(deps, caller, { run: { ...run, id }, ways, requestId: null });
    throw nothingBack(name, ways);
  }
  const notes = [
    ...ways.filter((way) => way.deed === null).map(noteOf),
    ...(await laterNotes(deps, id, back)),
  ];
  const request = await createRequest(deps, caller, {
    text: `Roll back ${name}: ${run.request_text}`.slice(0, 10_000),
    priority: 3,
    highValue: false,
    intents: back.map((way, index) => intentOf(way, { index, name })),
    answered: [...back.flatMap(answersFor), ...notes.map((text, number) => note(number, text))],
  });
  await record(deps, caller, { run: { ...run, id }, ways, requestId: request.id });
  return request;
}

/** One step of the run that changed something, and what takes it back. */
interface Way {
  readonly step: PlanStep;
  readonly wayBack: WayBack;
  readonly change: Change;
  /** Null: there is no way back. */
  readonly deed: { readonly unit: Unit; readonly from: NonNullable<WayBack["deed"]> } | null;
}

/** In reverse order: what was built on something goes before it. */
async function findWays(
  deps: RequestDeps,
  runId: string,
  plan: Awaited<ReturnType<typeof getPlanRow>>,
): Promise<Way[]> {
  const world = createWorld(await deps.catalogues.read(), listOperations());
  const changes = await listChanges(deps.db, runId);
  const ways: Way[] = [];
  for (const change of changes.toReversed()) {
    const step = plan.document.steps.find((each) => each.index === change.step);
    if (step === undefined) continue;
    const wayBack = await wayOf(deps, world, { step, until: change.started_at });
    const unit = wayBack.deed === null ? undefined : findUnit(world, wayBack.deed.unit);
    const deed =
      unit === undefined || wayBack.deed === null || isKept(step) ? null : { unit, from: wayBack.deed };
    ways.push({ step, wayBack, change, deed });
  }
  return ways;
}

/** A copy that was made stays: restoring it is another wish. */
const isKept = (step: PlanStep): boolean => step.verb === "backup";

async function wayOf(
  deps: RequestDeps,
  world: World,
  of: { step: PlanStep; until: Date | null },
): Promise<WayBack> {
  const { step, until } = of;
  const unit = findUnit(world, step.unit.id);
  if (unit === undefined)
    return { kind: "none", text: `${step.unit.name} is not in the repository any more`, deed: null };
  const { units } = world.read.find((each) => each.repository.name === step.unit.repository)?.catalogue ?? {
    units: [],
  };
  return await findStepWayBack(deps.db, step, { unit, units, until });
}

function noteOf({ step, wayBack, change }: Way): string {
  return `no way back: step ${step.index + 1} (${step.unit.name})${unsure(change)}: ${wayBack.text}`;
}

const unsure = ({ state }: Change): string =>
  state === "succeeded" ? "" : `, which is ${state} and may have changed something`;

/** What was done to the same services since then is undone with it, or stands in its way. */
async function laterNotes(deps: RequestDeps, runId: string, back: readonly Way[]): Promise<string[]> {
  const services = [...new Set(back.flatMap((way) => way.step.services))];
  const later = await listLaterRuns(deps.db, { runId, services });
  const notes = later.map(
    (run) =>
      `since then run ${run.id.slice(0, 8)} worked on the same (${run.request_text.slice(0, 200)}): look whether that still fits`,
  );
  const maybe = back
    .filter((way) => way.change.state !== "succeeded")
    .map(
      ({ step, change }) =>
        `step ${step.index + 1} (${step.unit.name})${unsure(change)}: it is taken back as if it had`,
    );
  return [...maybe, ...notes];
}

/** The way back as a wish whose meaning is known: no words are weighed. */
function intentOf({ step, wayBack, deed }: Way, at: { index: number; name: string }): MatchedIntent {
  const unit = deed?.unit;
  const verb = deed?.from.verb ?? "other";
  return {
    text: `${verb === "other" ? "run" : verb} ${unit?.name ?? step.target} (takes back step ${step.index + 1} of ${at.name})`,
    verb,
    target: step.target,
    hosts: [...step.hosts],
    params: {},
    // One after the other: when one cannot be taken back, what lies below it stays as it is.
    after: at.index === 0 ? [] : [at.index - 1],
    condition: null,
    decision: unit?.kind === "operation" ? "operation" : "auto",
    confidence: 1,
    method: "exact",
    candidates: [
      {
        id: unit?.id ?? "",
        name: unit?.name ?? "",
        path: unit?.path ?? "",
        confidence: 1,
        evidence: `The way back of step ${step.index + 1} of ${at.name}: ${wayBack.text}.`,
      },
    ],
  };
}

function answersFor({ step, deed }: Way, index: number): Question[] {
  if (deed === null) return [];
  const { unit, from } = deed;
  const values = Object.entries(from.vars)
    .filter(([name]) => !name.startsWith("chiffon_"))
    .map(([name, value]) => valueSet({ step: index, name, value, origin: "back" }));
  // What the step was given and did not have before gets its own value again.
  const gone = step.vars.filter(({ name }) => unit.id === step.unit.id && !Object.hasOwn(from.vars, name));
  return [unitChosen(index, unit.id), ...values, ...gone.map(({ name }) => valueUnset(index, name))];
}

function nothingBack(name: string, ways: readonly Way[]): ChiffonError {
  if (ways.length === 0)
    return new ChiffonError("bad-input", `${name} changed nothing, so there is nothing to take back`, {
      hint: "no plan was made",
    });
  return new ChiffonError(
    "bad-input",
    `no step of ${name} has a way back: ${ways.map((way) => `step ${way.step.index + 1} (${way.step.unit.name}): ${way.wayBack.text}`).join("; ")}`,
    { hint: "no plan was made. A playbook names its way back with # chiffon:way-back=unit NAME" },
  );
}

async function record(
  deps: RequestDeps,
  caller: Caller,
  of: {
    run: { id: string; plan_id: string; plan_hash: string };
    ways: readonly Way[];
    requestId: string | null;
  },
): Promise<void> {
  const { run, ways, requestId } = of;
  await deps.db.transaction().execute((tx) =>
    recordAudit(tx, {
      at: deps.clock.now(),
      kind: "run.rollback-asked",
      actor: caller.actor,
      planId: run.plan_id,
      runId: run.id,
      ...(requestId === null ? {} : { requestId }),
      services: [...new Set(ways.flatMap((way) => way.step.services))],
      status: requestId === null ? "refused" : "asked",
      data: {
        plan_hash: run.plan_hash,
        steps: ways.map((way) => ({
          step: way.step.index,
          unit: way.step.unit.id,
          kind: way.deed === null ? "none" : way.wayBack.kind,
          by: way.deed?.unit.id ?? null,
        })),
      },
    }),
  );
}
