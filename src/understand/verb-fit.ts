import type { Intent } from "../contracts/intent.ts";
import type { Verb } from "../contracts/vocabulary.ts";
import type { IntentWords } from "./intent-words.ts";
import type { IndexedUnit } from "./unit-index.ts";

/** Whether a unit does what is wished: it says so, it says something else, or it says nothing. */
export type VerbFit = "yes" | "no" | "unknown";

/** Verbs with which something is lost when the wrong unit runs. */
export const destructiveVerbs: ReadonlySet<Verb> = new Set(["remove", "restore", "rollback"]);

/** A playbook that does not say what it does brings its service into the described state: it deploys or configures. */
const assumed: ReadonlySet<Verb> = new Set(["deploy", "configure", "update", "other"]);

/** Decides by the unit's verbs; `other` fits what a person names in full, as long as nothing is destroyed by it. */
export function decideVerbFit(intent: Intent, item: IndexedUnit, words: IntentWords): VerbFit {
  const { verb } = intent;
  if (item.verbs.has(verb)) return "yes";
  const unread = verb === "other" && !words.runs && !words.bare;
  if (item.verbs.size === 0) return assumed.has(verb) && !unread && !words.partOfOther ? "yes" : "unknown";
  if (verb === "other")
    return words.runs || words.bare ? (hasDestructive(item) ? "unknown" : "yes") : "unknown";
  if (verb === "check" && item.verbs.has("status")) return "yes";
  if (verb === "status" && item.verbs.has("check")) return "yes";
  if (verb === "configure" && words.soft && item.verbs.has("deploy")) return "yes";
  return "no";
}

const hasDestructive = (item: IndexedUnit): boolean =>
  [...item.verbs].some((verb) => destructiveVerbs.has(verb) || verb === "stop");

const phrases: Readonly<Record<Verb, string>> = {
  deploy: "deploys",
  configure: "configures",
  update: "updates",
  restart: "restarts",
  stop: "stops",
  start: "starts",
  status: "reports a status",
  remove: "removes",
  backup: "backs up",
  restore: "restores",
  check: "checks",
  rollback: "rolls back",
  other: "does something else",
};

/** The verb in the third person, for sentences about a unit. */
export const verbPhrase = (verb: Verb): string => phrases[verb];
