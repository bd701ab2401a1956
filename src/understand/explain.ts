import type { Unit } from "../contracts/catalogue.ts";
import type { Candidate, Intent, MatchedIntent } from "../contracts/intent.ts";
import { namedProduct } from "./absent-product.ts";
import { foreignLanguage } from "./language.ts";
import { trigramSimilarity } from "./similarity.ts";
import { indexUnits } from "./unit-index.ts";
import { joined, wordsOf } from "./words.ts";

/** What a person is told about one wish. */
export type Explanation = { readonly message: string; readonly hint: string };

const addRepository = "Add the repository that has it: chiffon up --repo DIR";

/** Says in a sentence or two why a wish was taken, is asked about, or fits nothing, and what to do next. */
export function explainMatch(matched: MatchedIntent, units: readonly Unit[]): Explanation {
  const [best] = matched.candidates;
  const wish = `"${matched.text}"`;
  const language = foreignLanguage(matched.text);
  if (language !== undefined)
    return {
      message: `${wish} looks like ${language}. Chiffon understands English only, so it does not guess.`,
      hint: "Say it in English, for example: deploy grafana on web1.",
    };
  switch (matched.decision) {
    case "auto":
      return {
        message: `${wish} is ${best?.name ?? "?"} (${best?.path ?? "?"}). ${best?.evidence ?? ""}`.trim(),
        hint: "Read the plan before you approve it.",
      };
    case "operation":
      return {
        message: `${wish}: ${best?.evidence ?? ""}`.trim(),
        hint: "Read the plan before you approve it.",
      };
    case "ask": {
      const missing = missingProduct(matched, units);
      const absent = missing && `No playbook here is for ${missing.said} (${missing.does}).`;
      return {
        message: [absent ?? "", askMessage(matched), problemOf(best?.id, units)]
          .filter((part) => part !== "")
          .join(" "),
        hint: 'Choose one, name the playbook ("run NAME"), or say it in other words.',
      };
    }
    case "none":
      return noneMessage(matched, units);
  }
}

/** Why the nearest unit cannot be run as it lies there. */
const problemOf = (id: string | undefined, units: readonly Unit[]): string =>
  units.find((unit) => unit.id === id)?.problem ?? "";

/** A known product that is named and that no unit is for: as it was said, and what it does. */
function missingProduct(
  matched: MatchedIntent,
  units: readonly Unit[],
): { said: string; does: string } | undefined {
  const named = namedProduct(matched, indexUnits(units));
  if (named === undefined || named.units.length > 0) return undefined;
  return { said: named.words.slice(named.from, named.to).join(" "), does: named.product.does };
}

function askMessage(matched: MatchedIntent): string {
  const [best, second] = matched.candidates;
  const wish = `"${matched.text}"`;
  if (best === undefined) return `It is not clear what ${wish} means.`;
  if (/^(?:remove|restore|rollback)$/.test(matched.verb)) {
    return `${wish} can destroy something, so it is never chosen automatically. Nearest is ${best.name}: ${lowerFirst(best.evidence)}`;
  }
  if (/\b(?:all|every|everything|everywhere)\b/i.test(matched.text) || matched.hosts.includes("all")) {
    return `${wish} means everything at once, so it is never chosen automatically. Nearest is ${best.name}: ${lowerFirst(best.evidence)}`;
  }
  if (best.evidence.startsWith(otherProduct))
    return `Of the same kind: ${matched.candidates
      .slice(0, 3)
      .map(({ name }) => name)
      .join(", ")}.`;
  if (second === undefined)
    return `For ${wish} there is only ${best.name}, and it is not certain: ${lowerFirst(best.evidence)}`;
  const names = matched.candidates.slice(0, 3).map((candidate) => candidate.name);
  const choice = `${wish} could be ${names.slice(0, -1).join(", ")} or ${names[names.length - 1] ?? ""}.`;
  return `${choice} ${best.name}: ${lowerFirst(best.evidence)} ${whyAsked(best, second)}`;
}

/** How the evidence of units begins that are offered instead of a missing product. */
const otherProduct = "It is no ";

/** Why the first candidate was not taken by itself. */
function whyAsked(best: Candidate, second: Candidate): string {
  if (!byName(best)) return "Nothing in the wish names it, so it is not taken without asking.";
  if (best.confidence - second.confidence < nearBy && byName(second))
    return `${second.name} fits as well, so it is not taken without asking.`;
  return "That is not enough to take it without asking.";
}

const byName = ({ evidence }: Candidate): boolean =>
  /^(?:Its name is|It is also called|Its file is)/.test(evidence);

/** Two candidates nearer to each other than this are both possible. */
const nearBy = 0.1;

const lowerFirst = (text: string): string =>
  /^I[ts]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;

function noneMessage(matched: MatchedIntent, units: readonly Unit[]): Explanation {
  const about = matched.target === "" ? `"${matched.text}"` : `"${matched.target}"`;
  if (units.length === 0)
    return {
      message: `There are no playbooks yet, so nothing can be done for ${about}.`,
      hint: addRepository,
    };
  const missing = missingProduct(matched, units);
  const known =
    missing === undefined
      ? ""
      : ` It is known (${missing.does}), but no playbook here is for ${missing.said}.`;
  const near = nearestNames(matched, units);
  const has =
    near.length === 0
      ? `None of the ${units.length} playbooks here is near.`
      : `Nearest by name: ${near.join(", ")}.`;
  return {
    message: `No playbook fits ${about}.${known} ${has}`,
    hint: `${addRepository}, or write a playbook and name it after the service.`,
  };
}

/** The most similar names, best first; at most three. */
function nearestNames(intent: Intent, units: readonly Unit[]): string[] {
  const key = joined(wordsOf(intent.target === "" ? intent.text : intent.target));
  return units
    .filter((unit) => !unit.minor)
    .map((unit) => ({ name: unit.name, similarity: trigramSimilarity(key, joined(wordsOf(unit.name))) }))
    .filter(({ similarity }) => similarity >= 0.2)
    .sort((a, b) => b.similarity - a.similarity || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** What was assumed in reading a wish: pronouns, order, hosts, prohibitions. One sentence each, for the card. */
export function listAssumptions(intents: readonly Intent[]): string[][] {
  return intents.map((intent, index) => {
    const assumed: string[] = [];
    const pronoun = /\b(its|it|them|their|both|that)\b/i.exec(intent.text)?.[1];
    if (
      pronoun !== undefined &&
      intent.target !== "" &&
      !intent.text.toLowerCase().includes(intent.target.toLowerCase())
    ) {
      assumed.push(`"${pronoun}" is read as ${intent.target}.`);
    }
    if (
      intent.hosts.length > 0 &&
      !intent.hosts.some((host) => intent.text.toLowerCase().includes(host.toLowerCase()))
    ) {
      assumed.push(`It happens on ${intent.hosts.join(" and ")}, as said before.`);
    }
    if (intent.after.length > 0)
      assumed.push(`It waits for step ${intent.after.map((step) => step + 1).join(" and ")}.`);
    if (intent.condition !== null) assumed.push(`It runs only under the condition "${intent.condition}".`);
    if (intent.params["not"] !== undefined) assumed.push(`Kept as a constraint: "${intent.params["not"]}".`);
    if (intent.verb === "other") assumed.push(`It is not clear what step ${index + 1} shall do.`);
    return assumed;
  });
}
