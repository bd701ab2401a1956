import { listRun } from "../../ansible/listing/listing.ts";
import { isReservedName } from "../../ansible/process/literal-variables.ts";
import type { InventoryHost, ListedAnsibleTask, Unit } from "../../contracts/catalogue.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { StepCondition } from "../../contracts/plan.ts";
import type { Question } from "../../contracts/request.ts";
import { bindParameters } from "../../understand/match-parameters.ts";
import { isRepeating } from "../../understand/times.ts";
import { always, inventoryKey, isLeftOut, notesOf, settledValue, type Answers } from "./answers.ts";
import { decideCondition, subjectOf } from "./condition.ts";
import { factsOperation } from "./fact-steps.ts";
import { chooseHosts } from "./hosts.ts";
import { conditionQuestion, doubtQuestion, unitQuestion } from "./questions.ts";
import { bindPortals } from "./portals.ts";
import { decideVars, type BoundVars, type PassedVariable } from "./step-vars.ts";
import { findPlace, findUnit, type Place, type World } from "./world.ts";

/** A step as far as words, catalogue and answers decide it. */
export interface StepDraft {
  readonly index: number;
  readonly intent: MatchedIntent;
  readonly unit: Unit;
  readonly place: Place;
  readonly hosts: readonly InventoryHost[];
  readonly allHosts: boolean;
  readonly vars: readonly PassedVariable[];
  readonly after: readonly number[];
  readonly condition: StepCondition | null;
  readonly listing: ReturnType<typeof listRun>;
  readonly unused: readonly string[];
  /** The ansibleTask of its unit that it begins at; absent: at the first. */
  readonly startAt?: string;
}

/** The plays of a unit with everything that is known of them. */
export function playsOf(unit: Unit): Unit["plays"] {
  return unit.written?.plays ?? unit.plays;
}

/** The ansibleTasks that a step may run, from its first one on. */
export function ansibleTasksOf({ unit, startAt }: Pick<StepDraft, "unit" | "startAt">): ListedAnsibleTask[] {
  const all = playsOf(unit).flatMap((play) => play.ansibleTasks);
  return startAt === undefined ? all : all.slice(all.findIndex((task) => task.name === startAt));
}

export interface Draft {
  readonly steps: StepDraft[];
  readonly questions: Question[];
  /** Wishes that make no step but hold for all: shown with the plan. */
  readonly notes: string[];
  /** Why there can be no plan at all. */
  readonly problem: { message: string; hint: string } | null;
  /** A dynamic inventory that has to be asked first; nothing else is decided then. */
  readonly dynamic?: Place;
}

/** Turns matched intents and answers into steps, and into the questions that are still open. Pure. */
export function draftSteps(matched: readonly MatchedIntent[], answers: Answers, world: World): Draft {
  const chosen = matched.map((intent, index) => chooseUnit(intent, { index, answers, world }));
  const questions = chosen.flatMap((each) => ("question" in each ? [each.question] : []));
  if (questions.length > 0) return { steps: [], questions, notes: [], problem: null };
  const kept = chosen.flatMap((each, index) => {
    const intent = matched[index];
    return "unit" in each && intent ? [{ index, intent, unit: withoutReserved(each.unit) }] : [];
  });
  if (kept.length === 0)
    return {
      steps: [],
      questions: [],
      notes: [],
      problem: { message: "every step was left out", hint: "ask again when something should be done" },
    };
  return completeSteps(kept, { matched, answers, world });
}

/** Ansible's own variables are never set from words or answers: they would steer where and as whom it works. */
function withoutReserved(unit: Unit): Unit {
  const vars = unit.vars.filter((variable) => !isReservedName(variable.name));
  return vars.length === unit.vars.length ? unit : { ...unit, vars };
}

interface Kept {
  readonly index: number;
  readonly intent: MatchedIntent;
  readonly unit: Unit;
}

function completeSteps(
  kept: readonly Kept[],
  around: { matched: readonly MatchedIntent[]; answers: Answers; world: World },
): Draft {
  const { matched, answers, world } = around;
  const bound = bindParameters(
    kept.map((each) => ({ ...each.intent, after: renumber(kept, each.intent.after) })),
    kept.map((each) => each.unit),
  );
  const steps: StepDraft[] = [];
  const questions: Question[] = [];
  const left: string[] = [];
  for (const [position, each] of kept.entries()) {
    const problem = problemOf(each.unit);
    if (problem !== null) return { steps: [], questions: [], notes: [], problem };
    const list = each.unit.portals;
    // A list that a person has set is the list.
    const isSet = list !== null && settledValue(answers, each.index, list) !== undefined;
    const portals = isSet ? { vars: {}, notes: [] } : bindPortals(each, { world, answers });
    if ("problem" in portals) return { steps: [], questions: [], notes: [], problem: portals.problem };
    const inventory = answers.get(inventoryKey(each.index));
    const place = findPlace(world, each.unit, { hosts: each.intent.hosts, inventory });
    if (!place) return { steps: [], questions: [], notes: [], problem: noInventory(each.unit) };
    if (place.inventory.dynamic) return needsHosts(each.unit, place);
    const condition = decideOn(each, { kept, matched, steps, place }, answers);
    const excluded = bound[position]?.excludedHosts ?? [];
    const picked = chooseHosts(each, { place, answers, excluded, near: hostsBefore(each, { kept, steps }) });
    const { questions: doubted = [], vars: said = {} } = bound[position] ?? {};
    const given = asks(portals) ? said : { ...said, ...portals.vars };
    const doubts = openDoubts(each, { doubts: doubted, bound: given, answers });
    const vars = decideVars(each, { bound: given, answers });
    if (asks(condition) || asks(picked) || asks(vars) || asks(doubts) || asks(portals)) {
      for (const part of [condition, picked, vars, doubts, portals])
        if (asks(part)) questions.push(...part.questions);
      continue;
    }
    left.push(...portals.notes);
    steps.push({
      index: position,
      intent: each.intent,
      unit: each.unit,
      place,
      hosts: picked.hosts,
      allHosts: picked.all,
      vars: vars.vars,
      after: renumber(kept, each.intent.after),
      condition: condition?.condition ?? null,
      listing: listRun({
        unit: { plays: playsOf(each.unit) },
        inventory: place.inventory,
        limit: picked.hosts.map((host) => host.name),
      }),
      unused: bound[position]?.unused ?? [],
    });
  }
  const constraints = bound.flatMap((each) => each.constraints.map((not) => `not: ${not}`));
  const times = kept.flatMap(({ intent }) => noteOnTime(intent));
  const places = steps.flatMap(({ place }) => noteOnHosts(place));
  const notes = new Set([...constraints, ...times, ...places, ...left, ...notesOf(answers)]);
  return { steps, questions, notes: [...notes], problem: null };
}

/** Nothing here waits for an hour: who names one must know that before approving. */
function noteOnTime({ params: { time } }: MatchedIntent): string[] {
  if (time === undefined) return [];
  return isRepeating(time)
    ? [`not again and again: "${time}" is no schedule yet, the plan runs once, as soon as it is approved`]
    : [`not at a time: "${time}" schedules nothing, the plan runs as soon as it is approved`];
}

/** Portals are put into what an earlier step set up, so they go where that one went unless the words say otherwise. */
function hostsBefore(each: Kept, from: { kept: readonly Kept[]; steps: readonly StepDraft[] }): string[] {
  if (each.unit.portals === null) return [];
  const waits = renumber(from.kept, each.intent.after);
  const before = from.steps.filter((step) => waits.includes(step.index) && step.intent.hosts.length > 0);
  return before.flatMap((step) => step.hosts.map((host) => host.name));
}

/** What the words leave open about variables, as far as the person has not said to go on without it. */
function openDoubts(
  each: Kept,
  about: { doubts: readonly string[]; bound: BoundVars; answers: Answers },
): { questions: Question[] } | null {
  // A variable that must have a value has a question of its own, which takes the value itself.
  const asked = each.unit.vars.filter(
    (variable) =>
      about.answers.has(`var:${each.index}:${variable.name}`) ||
      settledValue(about.answers, each.index, variable.name) !== undefined ||
      (variable.required && !Object.hasOwn(about.bound, variable.name)),
  );
  const questions = about.doubts
    .map((text, number) => doubtQuestion(text, { step: each.index, number }))
    .filter((question) => !asked.some((variable) => question.text.includes(`"${variable.name}"`)))
    .filter((question) => about.answers.get(question.id) === undefined);
  return questions.length > 0 ? { questions } : null;
}

function asks<T>(part: T | { questions: Question[] } | null): part is { questions: Question[] } {
  return part !== null && typeof part === "object" && "questions" in part;
}

type Choice = { unit: Unit } | { question: Question } | { left: true };

function chooseUnit(intent: MatchedIntent, at: { index: number; answers: Answers; world: World }): Choice {
  const answer = at.answers.get(`unit:${at.index}`);
  if (isLeftOut(at.answers, at.index)) return { left: true };
  const wanted =
    answer ??
    (intent.decision === "auto" || intent.decision === "operation" ? intent.candidates[0]?.id : undefined);
  const unit = wanted === undefined ? undefined : findUnit(at.world, wanted);
  return unit ? { unit } : { question: unitQuestion(intent, at.index) };
}

/** Indexes of the steps that are kept, by the indexes of the intents. */
function renumber(kept: readonly Kept[], after: readonly number[]): number[] {
  return after.map((index) => kept.findIndex((each) => each.index === index)).filter((index) => index >= 0);
}

function decideOn(
  each: Kept,
  at: {
    kept: readonly Kept[];
    matched: readonly MatchedIntent[];
    steps: readonly StepDraft[];
    place: Place;
  },
  answers: Answers,
): { condition: StepCondition } | { questions: Question[] } | null {
  if (each.intent.condition === null) return null;
  if (answers.get(`condition:${each.index}`) === always) return null;
  const { kept, matched, steps, place } = at;
  // When the wish that the words speak of was left out, they speak of nothing that runs.
  const about = subjectOf(matched, each.index);
  const step = kept.findIndex((other) => other.index === about);
  const condition = decideCondition(each.intent, {
    subject: step < 0 ? undefined : { step, text: matched[about]?.text ?? "" },
    hosts: place.inventory.hosts.map((host) => host.name),
    told: steps.filter((step) => step.unit.id === factsOperation),
  });
  return condition ? { condition } : { questions: [conditionQuestion(each.intent, each.index)] };
}

function problemOf(unit: Unit): { message: string; hint: string } | null {
  if (unit.problem === null) return null;
  return {
    message: `${unit.name} cannot be run now. ${unit.problem}`,
    hint: "everything else of the repository can be asked for as before: chiffon playbooks shows it",
  };
}

/* A script or plug-in is asked outside of here, once; here only what it said counts. */
function needsHosts(unit: Unit, place: Place): Draft {
  const nothing = { steps: [], questions: [], notes: [] };
  if (place.resolved === undefined || !("problem" in place.resolved))
    return { ...nothing, problem: null, dynamic: place };
  const { message, hint } = place.resolved.problem;
  return { ...nothing, problem: { message: `${unit.name} cannot be planned: ${message}`, hint } };
}

function noteOnHosts({ inventory, resolved }: Place): string[] {
  if (resolved === undefined) return [];
  return [
    `hosts and variables as the dynamic inventory ${inventory.path} gave them for this plan: the run uses these and does not ask it again`,
  ];
}

function noInventory(unit: Unit): { message: string; hint: string } {
  return {
    message: `there is no static inventory for ${unit.name} in the repository ${unit.repository}`,
    hint: "name one: chiffon up --inventory FILE",
  };
}
