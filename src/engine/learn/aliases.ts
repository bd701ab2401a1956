import type { Actor } from "../../contracts/actor.ts";
import type { LearnedAlias } from "../../contracts/alias.ts";
import type { Unit } from "../../contracts/catalogue.ts";
import type { Intent } from "../../contracts/intent.ts";
import type { Question } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { wishKeyOf, wishKeyText, type LearnedAliases, type WishKey } from "../../understand/learned.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import type { PlanRow } from "../plan/sql.ts";
import { leaveOut } from "../request/answers.ts";
import { getRequest } from "../request/sql.ts";
import type { Database, Tx } from "../schema.ts";
import { insertPair } from "../semantic/sql.ts";
import {
  deleteAlias,
  findAliasIds,
  findLearnedRows,
  listAliasRows,
  lockAlias,
  updateAlias,
  type AliasRow,
} from "./sql.ts";

export interface LearnDeps extends Pick<CoreDeps, "db" | "clock" | "newId"> {
  readonly sha256: (text: string) => string;
}

/** So many approved plans with the same choice make it a name. */
export const confirmationsNeeded = 2;

/** What was learned about the words of these wishes, as far as its unit is there with the content that it had then. */
export async function findLearnedAliases(
  db: Database,
  intents: readonly Intent[],
  { units, hosts }: { units: readonly Unit[]; hosts: readonly string[] },
): Promise<LearnedAliases> {
  const keys = intents.flatMap((intent) => wishKeyOf(intent, hosts) ?? []);
  const rows = await findLearnedRows(db, keys);
  return new Map(
    rows
      .filter((row) => isCurrent(row, units))
      .map((row) => {
        const { words, verb, unit_id: unitId } = row;
        return [
          wishKeyText(row),
          { words, verb, unitId, rivals: new Set(row.rivals), said: tellHow(row) },
        ] as const;
      }),
  );
}

const isCurrent = (row: AliasRow, units: readonly Unit[]): boolean =>
  units.some((unit) => unit.id === row.unit_id && unit.sha256 === row.unit_sha256);

function tellHow({ always, confirmations }: AliasRow): string {
  if (always) return "It was chosen for these words, from then on.";
  return `It was chosen for these words ${confirmations} times before.`;
}

/** All of them for a person, newest first. */
export async function listAliases(db: Database, units: readonly Unit[]): Promise<LearnedAlias[]> {
  return (await listAliasRows(db)).map((row) => ({
    id: row.id,
    words: row.words,
    verb: row.verb,
    unit: row.unit_id,
    state: !isCurrent(row, units) ? "out-of-date" : row.learned_at === null ? "counting" : "learned",
    confirmations: row.confirmations,
    always: row.always,
    confirmedBy: row.confirmed_by.name,
    confirmedAt: row.confirmed_at.toISOString(),
  }));
}

/** Forgets one of them, by its id or a unique beginning of it. */
export async function removeAlias(deps: LearnDeps, caller: Caller, given: string): Promise<void> {
  const [id, another] = await findAliasIds(deps.db, given.toLowerCase());
  if (another !== undefined)
    throw new ChiffonError("bad-input", `several learned names begin with ${given}`, {
      hint: "give more characters of the id",
    });
  await deps.db.transaction().execute(async (tx) => {
    const row = id === undefined ? undefined : await deleteAlias(tx, id);
    if (row === undefined)
      throw new ChiffonError("not-found", `there is no learned name ${given}`, {
        hint: "chiffon playbooks aliases list shows all",
      });
    await record(deps, tx, { kind: "alias.removed", row, actor: caller.actor });
  });
}

/**
 * Counts the choices that a person has made in the questions of this plan's request: to be called when the plan is approved,
 * in the same transaction. `hosts`: the names in the inventories, which say nothing about what is meant. Another unit for the same words, or another content of it, begins to count again.
 */
export async function confirmChoices(
  deps: LearnDeps,
  tx: Tx,
  { row, actor, hosts }: { row: PlanRow; actor: Actor; hosts: readonly string[] },
): Promise<void> {
  for (const choice of await listChoices(tx, row, hosts)) {
    const { key, unit, rivals, always, pair } = choice;
    if (pair !== undefined)
      await insertPair(tx, { requestId: row.request_id, ...pair, at: deps.clock.now() });
    const fresh: AliasRow = {
      id: deps.newId(),
      words: key.words,
      verb: key.verb,
      unit_id: unit.id,
      unit_sha256: unit.sha256,
      rivals,
      confirmations: 1,
      always,
      learned_at: null,
      confirmed_by: actor,
      confirmed_at: deps.clock.now(),
    };
    const known = await lockAlias(tx, fresh);
    await settleAlias(deps, tx, { ...known, now: fresh });
  }
}

async function settleAlias(
  deps: LearnDeps,
  tx: Tx,
  known: { before: AliasRow; fresh: boolean; now: AliasRow },
): Promise<void> {
  const { before, now } = known;
  const same = !known.fresh && before.unit_id === now.unit_id && before.unit_sha256 === now.unit_sha256;
  const confirmations = same ? before.confirmations + 1 : 1;
  const always = now.always || (same && before.always);
  const learned = always || confirmations >= confirmationsNeeded;
  const learnedBefore = same ? before.learned_at : null;
  const row: AliasRow = {
    ...now,
    id: before.id,
    confirmations,
    always,
    learned_at: learned ? (learnedBefore ?? now.confirmed_at) : null,
  };
  await updateAlias(tx, row);
  const actor = now.confirmed_by;
  if (!same && before.learned_at !== null)
    await record(deps, tx, { kind: "alias.removed", row: before, actor });
  if (learned && learnedBefore === null) await record(deps, tx, { kind: "alias.learned", row, actor });
}

interface ChosenUnit {
  readonly key: WishKey;
  readonly unit: { readonly id: string; readonly sha256: string };
  readonly rivals: string[];
  readonly always: boolean;
  /** What a model had proposed, where one was asked. */
  readonly pair: Omit<Parameters<typeof insertPair>[1], "requestId" | "at"> | undefined;
}

/** Whether a person has chosen a unit in this question. */
export function isChoice(question: Question): question is Question & { step: number; answer: string } {
  const { kind, step, answer } = question;
  return kind === "unit" && step !== null && answer !== null && answer !== leaveOut;
}

/** The units that were chosen in questions and that the plan runs, by the words that they were chosen for. */
async function listChoices(tx: Tx, plan: PlanRow, hosts: readonly string[]): Promise<ChosenUnit[]> {
  const { questions, intents } = await getRequest(tx, plan.request_id);
  const found = new Map<string, ChosenUnit>();
  for (const { step: index, answer, always } of questions.filter(isChoice)) {
    const intent = intents[index];
    const key = intent === undefined ? undefined : wishKeyOf(intent, hosts);
    const step = plan.document.steps.find((each) => each.unit.id === answer && each.text === intent?.text);
    if (intent === undefined || key === undefined || step?.unit.sha256 === undefined) continue;
    const rivals = intent.candidates.map((candidate) => candidate.id).filter((id) => id !== answer);
    const unit = { id: answer, sha256: step.unit.sha256 };
    const { semantic } = intent;
    const pair = semantic && {
      step: index,
      embedder: semantic.embedder,
      similarity: semantic.similarity,
      chosen: semantic.unit === answer,
    };
    found.set(wishKeyText(key), { key, unit, rivals, always: always === true, pair });
  }
  // In one order for everybody: of two plans at once neither waits for the other for ever.
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, choice]) => choice);
}

/** The record has a digest of the words, as it has of every request. */
async function record(
  deps: LearnDeps,
  tx: Tx,
  { kind, row, actor }: { kind: "alias.learned" | "alias.removed"; row: AliasRow; actor: Actor },
): Promise<void> {
  await recordAudit(tx, {
    at: deps.clock.now(),
    kind,
    actor,
    data: {
      alias_id: row.id,
      words_sha256: deps.sha256(row.words),
      verb: row.verb,
      unit: row.unit_id,
      unit_sha256: row.unit_sha256,
      confirmations: row.confirmations,
      always: row.always,
    },
  });
}
