import type { MatchedIntent } from "../../contracts/intent.ts";
import type { StepCondition } from "../../contracts/plan.ts";
import { coreOf } from "../../understand/conditions.ts";
import { describeTest } from "../../domain/fact-test.ts";
import { readFactCondition } from "../../understand/fact-condition.ts";
import { hostOfCondition } from "./fact-steps.ts";

const negated = /\b(?:not|never|nothing|no|none|without|unless|cannot|neither|nor)\b|n['\u2019]t\b/i;
const doesNotWork =
  /\b(?:does|did|do|has|is)(?: not|n['\u2019]t) (?:work(?:ed)?|succeed(?:ed)?|successful|ok|fine)\b/i;
const rules: readonly { kind: Exclude<StepCondition["kind"], "fact">; words: RegExp }[] = [
  { kind: "failed", words: /\b(?:fail(?:s|ed|ure)?|go(?:es)? wrong|went wrong|errors?)\b/gi },
  { kind: "changed", words: /\b(?:chang(?:e|es|ed)|differ(?:s|ent)?|updated)\b/gi },
  {
    kind: "succeeded",
    words: /\b(?:succe(?:ed|eds|eded|ss|ssful)|work(?:s|ed)?|ok|okay|fine|went well|goes well)\b/gi,
  },
];
/** Words by which a condition speaks of the step before without naming it. */
const pointing = new Set(
  (
    "a an and any anything are be been but did does do everything first for goes has have if in is it its just last of on only " +
    "or previous really same something step task that the then there they this to was well went were when whole with"
  ).split(" "),
);

/** A step of the plan that tells facts. */
interface Telling {
  readonly index: number;
  readonly hosts: readonly { readonly name: string }[];
}

/** A step that a condition may speak of, with the words of its wish. */
interface Subject {
  readonly step: number;
  readonly text: string;
}

/**
 * Which wish a condition speaks of: the one before it, past those that stand under the same condition or are its other case
 * ("if that fails A and B, otherwise C" is about what came before A). -1 when there is none.
 */
export function subjectOf(intents: readonly Pick<MatchedIntent, "condition">[], index: number): number {
  const core = coreOf(intents[index]?.condition ?? "");
  const others = intents.slice(0, index);
  return others.findLastIndex(({ condition }) => condition === null || coreOf(condition) !== core);
}

/** The condition of a wish that rules can check: about the step before, or a fact that a step before tells. Else undefined. */
export function decideCondition(
  intent: Pick<MatchedIntent, "condition" | "hosts">,
  at: {
    /** What it speaks of, when that makes a step. */
    subject: Subject | undefined;
    /** Names of the inventory. */
    hosts: readonly string[];
    told: readonly Telling[];
  },
): StepCondition | undefined {
  const { condition } = intent;
  if (condition === null) return undefined;
  const fact = readFactCondition(condition);
  if (fact === undefined) return at.subject && parseCondition(condition, at.subject);
  const told = at.told.flatMap((step) => step.hosts.map((each) => each.name));
  const host = hostOfCondition(intent, [...at.hosts, ...told]);
  const reading = at.told.findLast((step) => step.hosts.some((each) => each.name === host));
  return host === undefined || reading === undefined
    ? undefined
    : {
        kind: "fact",
        step: reading.index,
        host,
        ...fact.test,
        text: describeTest(fact.test, host),
      };
}

const opposites = { failed: "succeeded", succeeded: "failed" } as const;

/**
 * The condition that rules can check, when the text speaks of that step. Undefined for everything else: that becomes a question,
 * because a wrong guess would run, or leave out, a step.
 */
export function parseCondition(condition: string, subject: Subject): StepCondition | undefined {
  const isOtherwise = /^if not: /i.test(condition);
  const text = condition.replace(/^if not: /i, "if ");
  const said = doesNotWork.test(text) ? text.replace(doesNotWork, "failed") : text;
  const found = rules.filter((each) => said.search(each.words) >= 0);
  const [rule] = found;
  if (!rule || found.length > 1 || negated.test(said)) return undefined;
  const known = new Set([...pointing, ...wordsOf(subject.text)]);
  if (wordsOf(said.replaceAll(rule.words, " ")).some((word) => !known.has(word))) return undefined;
  if (!isOtherwise) return { kind: rule.kind, step: subject.step };
  // Nothing counts what was not changed.
  return rule.kind === "changed" ? undefined : { kind: opposites[rule.kind], step: subject.step };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
