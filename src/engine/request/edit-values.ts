import { resolveHosts } from "../../ansible/inventory/pattern.ts";
import { literalVariables } from "../../ansible/process/literal-variables.ts";
import type { Inventory } from "../../contracts/catalogue.ts";
import type { Intent, MatchedIntent } from "../../contracts/intent.ts";
import type { StepEdit } from "../../contracts/plan.ts";
import type { Question, Request } from "../../contracts/request.ts";
import type { JsonValue } from "../../domain/canonical-json.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { plainJson } from "../../domain/plain-text.ts";
import { editDistance, trigramSimilarity } from "../../understand/similarity.ts";
import {
  answersOf,
  inventoryKey,
  isAboutValue,
  isLeftOut,
  leftOut,
  valueSet,
  valueUnset,
} from "./answers.ts";
import { draftSteps, type StepDraft } from "./draft.ts";
import { shapeLike } from "./shape-value.ts";
import { findHostName, findPlace, findUnit, type World } from "./world.ts";

/** What a request says after a change. */
export interface Revised {
  readonly intents: readonly MatchedIntent[];
  readonly answered: readonly Question[];
  /** What words give values to. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * A request after a person has changed values of its plan: variables, hosts, steps left out. Everything is checked against the
 * unit and its inventory, and nothing of it becomes a question: what cannot be is refused. Pure; throws `bad-input`.
 */
export function applyEdits(request: Request, edits: readonly StepEdit[], world: World): Revised {
  const before = draftSteps(request.intents, answersOf(request.questions), world);
  const open = before.problem?.message ?? before.questions[0]?.text;
  if (open !== undefined)
    throw new ChiffonError("conflict", `this plan cannot be made again as it was: ${open}`, {
      hint: "something in the repository has changed. Ask for it anew: chiffon ask",
    });
  let revised: Revised = { intents: request.intents, answered: request.questions, params: {} };
  const answers = answersOf(request.questions);
  const shown = request.intents.flatMap((_, index) => (isLeftOut(answers, index) ? [] : [index]));
  for (const edit of edits) {
    const [step, index] = [before.steps[edit.step], shown[edit.step]];
    if (step === undefined || index === undefined)
      throw new ChiffonError("bad-input", `the plan has no step ${edit.step + 1}`, {
        hint: before.steps.length === 1 ? "it has one step" : `its steps are 1 to ${before.steps.length}`,
      });
    revised = applyEdit(revised, edit, { step, index });
  }
  refuseOpen(revised, { edits, world, left: shown });
  return revised;
}

/**
 * One step with the values and hosts that a person names for it, and nothing else: what cannot be, or stays open, is refused. Pure;
 * throws `bad-input`.
 */
export function settleStep(
  given: { intent: MatchedIntent; answered: readonly Question[] },
  wanted: Pick<StepEdit, "vars" | "hosts">,
  world: World,
): Revised {
  const { intent, answered } = given;
  const revised: Revised = { intents: [intent], answered, params: {} };
  const unit = findUnit(world, intent.candidates[0]?.id ?? "");
  const inventory = answersOf(answered).get(inventoryKey(0));
  const place = unit && findPlace(world, unit, { hosts: wanted.hosts ?? [], inventory });
  const edit = { step: 0, ...wanted };
  const settled =
    unit && place ? applyEdit(revised, edit, { step: { unit, place, vars: [] }, index: 0 }) : revised;
  const draft = draftSteps(settled.intents, answersOf(settled.answered), world);
  if (draft.problem !== null)
    throw new ChiffonError("bad-input", draft.problem.message, { hint: draft.problem.hint });
  refuseOpen(settled, { edits: [edit], world, left: [0] });
  return settled;
}

interface Place {
  readonly step: Pick<StepDraft, "unit" | "place" | "vars">;
  /** Of the intent. */
  readonly index: number;
}

function applyEdit(revised: Revised, edit: StepEdit, place: Place): Revised {
  const { index } = place;
  if (edit.skip === true) {
    const kept = revised.answered.filter((question) => question.step !== index);
    return { ...revised, answered: [...kept, leftOut(index)] };
  }
  const hosts = edit.hosts === undefined ? [] : namesOf(edit.hosts, place.step.place.inventory);
  const answered = Object.entries(plainJson(edit.vars ?? {})).reduce(
    (questions, [name, value]) => setValue(questions, { name, value, ...place }),
    revised.answered.filter(({ id }) => hosts.length === 0 || id !== `hosts:${index}`),
  );
  const intents = revised.intents.map((intent, at) =>
    at === index && hosts.length > 0 ? { ...intent, hosts, params: withoutSpared(intent.params) } : intent,
  );
  return { ...revised, intents, answered };
}

/** Hosts that are named now go before those that were spared earlier. */
export function withoutSpared({ not, ...params }: Intent["params"]): Intent["params"] {
  const kept = not?.split("; ").filter((text) => !/^(?:except|excluding|but not|not on) /i.test(text)) ?? [];
  return kept.length > 0 ? { ...params, not: kept.join("; ") } : params;
}

/** The inventory's own spelling; a name that it does not have is refused, and so is every pattern. */
function namesOf(written: readonly string[], inventory: Inventory): string[] {
  const names = written.map((name) => {
    const known = findHostName(inventory, name);
    if (known !== undefined) return known;
    const all = [...inventory.hosts, ...inventory.groups].map((each) => each.name);
    throw new ChiffonError(
      "bad-input",
      `"${name.slice(0, 80)}" is no host and no group of ${inventory.path}${nearOf(name, all)}`,
      { hint: "name hosts and groups one by one, as the inventory writes them; patterns are not taken" },
    );
  });
  return [...new Set(names)];
}

function nearOf(written: string, names: readonly string[]): string {
  const wanted = written.toLowerCase();
  const near = [...new Set(names)]
    .map((name) => ({ name, likeness: likenessOf(wanted, name.toLowerCase()) }))
    .filter((each) => each.likeness >= 0.3)
    .toSorted((a, b) => b.likeness - a.likeness)
    .slice(0, 3);
  return near.length === 0 ? "" : `: did you mean ${near.map((each) => each.name).join(" or ")}?`;
}

/** Two slips in a short name leave few of its letters together: then the slips count. */
function likenessOf(a: string, b: string): number {
  const slips = editDistance(a, b, 2);
  return Math.max(trigramSimilarity(a, b), slips > 2 || slips >= b.length / 2 ? 0 : 1 - slips / 4);
}

function setValue(
  questions: readonly Question[],
  given: Place & { name: string; value: JsonValue },
): Question[] {
  const { step, index, name } = given;
  const { unit } = step;
  // First, for what belongs to Ansible is refused whether or not the playbook has it.
  literalVariables({ [name]: given.value });
  const own = unit.vars.find((variable) => variable.name === name);
  const passed = step.vars.find((variable) => variable.name === name);
  if (name.startsWith("chiffon_"))
    throw refused(name, "belongs to Chiffon", "say in words what should be different");
  if (unit.secrets.some((secret) => secret.name === name))
    throw refused(name, "is a secret, and no plan shows one", `set it with: chiffon secret set ${name}`);
  if (own === undefined && passed === undefined) {
    const names = unit.vars.map((variable) => variable.name);
    const taken =
      names.length === 0
        ? "it has none that can be set"
        : `what can be set: ${names.slice(0, 12).join(", ")}`;
    throw refused(name, `is no variable of ${unit.name}${nearOf(name, names)}`, taken);
  }
  const kept = questions.filter(({ id }) => !isAboutValue(id, index, name));
  if (given.value === null) return [...kept, valueUnset(index, name)];
  const value = shapeLike(own?.default ?? passed?.value, given.value, name);
  return [...kept, valueSet({ step: index, name, value, origin: "set" })];
}

function refused(name: string, why: string, hint: string): ChiffonError {
  return new ChiffonError("bad-input", `${name} ${why}`, { hint });
}

/** What was set has to make a plan without a further question, on exactly the hosts that were named. */
function refuseOpen(
  { intents, answered }: Revised,
  of: { edits: readonly StepEdit[]; world: World; left: readonly number[] },
): void {
  const answers = answersOf(answered);
  const shown = of.left.filter((index) => !isLeftOut(answers, index));
  if (shown.length === 0)
    throw new ChiffonError("bad-input", "nothing would be left of this plan", { hint: "reject it instead" });
  const draft = draftSteps(intents, answers, of.world);
  const [question] = draft.questions;
  if (question !== undefined)
    throw new ChiffonError("bad-input", question.text, {
      hint:
        question.options.length === 0
          ? "set what it asks for as well, or leave the step out"
          : `possible: ${question.options
              .slice(0, 12)
              .map((option) => option.value)
              .join(", ")}`,
    });
  for (const edit of of.edits) {
    const at = shown.indexOf(of.left[edit.step] ?? -1);
    const step = draft.steps[at];
    if (edit.hosts !== undefined && step !== undefined) refuseOtherHosts(step, edit.hosts);
  }
}

function refuseOtherHosts(step: StepDraft, written: readonly string[]): void {
  const { inventory } = step.place;
  const planned = new Set(step.hosts.map((host) => host.name));
  for (const name of written) {
    const resolved = resolveHosts(inventory, findHostName(inventory, name) ?? name);
    const hosts = "hosts" in resolved ? resolved.hosts : [];
    if (hosts.some((host) => planned.has(host))) continue;
    throw new ChiffonError(
      "bad-input",
      `${step.unit.name} is not made for ${name}: its plays run on other hosts`,
      {
        hint: `it can run on: ${[...planned].slice(0, 12).join(", ")}`,
      },
    );
  }
}
