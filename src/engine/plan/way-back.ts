import { listOperations } from "../../ansible/operations/operations.ts";
import type { Unit } from "../../contracts/catalogue.ts";
import type { PlanStep, WayBack } from "../../contracts/plan.ts";
import { findWayBack, type StepBefore } from "../../domain/way-back.ts";
import type { Database } from "../schema.ts";
import { listDoneBefore, type DoneBefore } from "./done-before-sql.ts";

/**
 * How the step of a plan is taken back, with what is in its repository now and was done before.
 * @param of.until only what began before counts; null: everything
 */
export async function findStepWayBack(
  db: Database,
  step: PlanStep,
  of: { unit: Unit; units: readonly Unit[]; until: Date | null },
): Promise<WayBack> {
  const before = step.services.length === 0 ? [] : await listDoneBefore(db, step.services, of.until);
  return findWayBack(
    {
      unit: of.unit,
      verb: step.verb,
      services: step.services,
      hosts: step.hosts,
      vars: valuesOf(step),
      reads: step.risk === "R0",
    },
    { units: [...of.units, ...listOperations()], before: before.map(toBefore) },
  );
}

function valuesOf(step: PlanStep): Record<string, PlanStep["vars"][number]["value"]> {
  return Object.fromEntries(step.vars.map(({ name, value }) => [name, value]));
}

function toBefore({ run_id, ended_at, hosts, step }: DoneBefore): StepBefore {
  const at = ended_at.toISOString().slice(0, 16).replace("T", " ");
  return {
    unit: step.unit.id,
    verb: step.verb,
    hosts,
    vars: valuesOf(step),
    said: `run ${run_id.slice(0, 8)} of ${at} UTC`,
  };
}
