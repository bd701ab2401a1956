import type { StepCondition } from "../../contracts/plan.ts";

const negated = /\b(?:not|never|n't|nothing|no)\b/i;
const rules: readonly { kind: StepCondition["kind"]; words: RegExp }[] = [
  { kind: "failed", words: /\b(?:fail(?:s|ed|ure)?|go(?:es)? wrong|error|does(?:n't| not) work|did(?:n't| not) work)\b/i },
  { kind: "changed", words: /\b(?:chang(?:e|es|ed)|differ(?:s|ent)?|update[sd]?)\b/i },
  { kind: "succeeded", words: /\b(?:succe(?:ed|eds|eded|ssful)|work(?:s|ed)?|ok|fine|went well|goes well)\b/i },
];

/**
 * The condition that rules can check, when the text speaks of the step before. Undefined for everything else: that becomes a
 * question, because a wrong guess would run, or leave out, a step.
 */
export function parseCondition(text: string, index: number): StepCondition | undefined {
  if (index === 0) return undefined;
  const rule = rules.find((each) => each.words.test(text));
  if (!rule) return undefined;
  if (rule.kind !== "failed" && negated.test(text)) return undefined;
  return { kind: rule.kind, step: index - 1 };
}
