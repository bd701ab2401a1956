import type { Run } from "../../contracts/run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { isEnded } from "../../domain/run/states.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import { resolveId } from "../plan/sql.ts";
import { applyRunEvent } from "../run/apply.ts";
import { getLoadedRun, type LoadedRun } from "../run/sql.ts";
import { getRun } from "../run/view-sql.ts";
import type { Tx } from "../schema.ts";

/**
 * Pauses a run: what runs goes on to its end, no further step begins. Pausing what is paused changes nothing.
 * Throws `not-found`, `conflict` for a preview, a run that is over or being cancelled, and one with nothing left to begin.
 */
export async function pauseRun(
  deps: CoreDeps,
  caller: Caller,
  given: { id: string; reason: string | null },
): Promise<Run> {
  const because = given.reason === null ? "" : `: ${given.reason}`;
  const reason = `paused by ${caller.actor.name}${because}`;
  return await change(deps, given.id, async (tx, { model, run }) => {
    refuseOver({ model, run });
    if (model.pause !== null) return;
    const event = { type: "pause", reason } as const;
    const applied = await applyRunEvent(deps, tx, { runId: model.id, event });
    if (applied === undefined || applied.after.pause === null)
      throw new ChiffonError("conflict", `${nameOf(model)} has no further step that could be held back`, {
        hint: `what runs goes on to its end. To stop it: chiffon run cancel ${model.id.slice(0, 8)}`,
      });
    await record(deps, tx, { kind: "run.paused", caller, run, data: { reason: given.reason } });
  });
}

/**
 * Lets a paused run go on. Resuming what is not paused changes nothing. Throws `not-found`, and `conflict` for a preview, a run
 * that is over, one that waits for a second approval, and one whose approval has run out meanwhile.
 */
export async function resumeRun(deps: CoreDeps, caller: Caller, given: { id: string }): Promise<Run> {
  return await change(deps, given.id, async (tx, { model, run }) => {
    refuseOver({ model, run });
    if (model.pause === null) return refuseStopped(model);
    refuseExpired(deps, run);
    await applyRunEvent(deps, tx, { runId: model.id, event: { type: "resume" } });
    await record(deps, tx, { kind: "run.resumed", caller, run, data: {} });
  });
}

async function change(
  deps: CoreDeps,
  given: string,
  work: (tx: Tx, loaded: LoadedRun) => Promise<void>,
): Promise<Run> {
  const id = await resolveId(deps.db, "run", given);
  await deps.db.transaction().execute(async (tx) => {
    const loaded = await getLoadedRun(tx, id);
    await work(tx, loaded);
  });
  return await getRun(deps.db, id);
}

type Loaded = Pick<LoadedRun, "model" | "run">;
type Model = LoadedRun["model"];

const nameOf = ({ id }: Pick<Model, "id">): string => `run ${id.slice(0, 8)}`;

function refuseOver({ model, run }: Loaded): void {
  if (run.purpose === "preview")
    throw new ChiffonError("conflict", `${nameOf(model)} is a preview: it has no steps to hold back`, {
      hint: `to end it: chiffon run cancel ${model.id.slice(0, 8)}`,
    });
  const over = isEnded(model.state) && !(model.state === "unknown" && model.pause !== null);
  if (over)
    throw new ChiffonError("conflict", `${nameOf(model)} is ${model.state}: nothing more of it begins`, {
      hint: `what became of it: chiffon run show ${model.id.slice(0, 8)}`,
    });
  if (model.cancelRequested)
    throw new ChiffonError("conflict", `${nameOf(model)} is being cancelled: nothing more of it begins`, {
      hint: `watch its end: chiffon run watch ${model.id.slice(0, 8)}`,
    });
}

function refuseStopped(model: Model): void {
  if (model.state !== "paused") return;
  throw new ChiffonError("conflict", `${nameOf(model)} waits for an approval: ${model.reason ?? ""}`, {
    hint: `chiffon run show ${model.id.slice(0, 8)}`,
  });
}

/** Agents refuse a step whose approval is out of date: better said now than by a failed step. */
/** An approval that has run out begins no further step. @throws ChiffonError `conflict` */
export function refuseExpired(deps: CoreDeps, run: LoadedRun["run"]): void {
  const { expires_at } = run.approval;
  if (new Date(expires_at) > deps.clock.now()) return;
  const short = run.id.slice(0, 8);
  throw new ChiffonError("conflict", `the approval of run ${short} ran out at ${expires_at}`, {
    hint: `cancel what is left (chiffon run cancel ${short}) and ask for it anew: chiffon run retry ${short}`,
  });
}

async function record(
  deps: CoreDeps,
  tx: Tx,
  of: {
    kind: "run.paused" | "run.resumed";
    caller: Caller;
    run: LoadedRun["run"];
    data: { reason?: string | null };
  },
): Promise<void> {
  await recordAudit(tx, {
    at: deps.clock.now(),
    kind: of.kind,
    actor: of.caller.actor,
    planId: of.run.plan_id,
    runId: of.run.id,
    data: { ...of.data, plan_hash: of.run.plan_hash },
  });
}
