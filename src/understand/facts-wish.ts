import type { Intent } from "../contracts/intent.ts";
import { hostsNamed } from "./change-settings.ts";
import { destructiveVerbs } from "./verb-fit.ts";
import type { IndexedUnit, UnitIndex } from "./unit-index.ts";
import { joined, wordsOf } from "./words.ts";

const asking = "show|list|display|print|gather|collect|get|fetch|read|check|see|report|look at";
const machines = "machines?|hosts?|servers?|nodes?|boxes|box|computers?|systems?";
/** Nothing else may be said: "facts and logs of grafana" is another wish. */
const wish = new RegExp(
  String.raw`^(?:please\s+)?(?:(?:${asking})\s+)?(?:me\s+|us\s+)?(?:all\s+)?(?:the\s+)?(?:(?:ansible|machine|host|system|server|hardware)\s+)?facts(?:\s+(?:of|about|for|from|on)\s+(.+?))?(?:\s+please)?[.!]?$`,
  "i",
);
const allOf = new RegExp(
  String.raw`^(?:all|every|each|everything|everywhere|(?:(?:all|every|each)(?:\s+of)?\s+)?(?:(?:the|my|our)\s+)?(?:${machines}))$`,
  "i",
);
const plural = /s$|^(?:all|every|each|boxes)/i;
/** What a playbook that shows facts is called. */
const names = new Set(["facts", "gatherfacts", "showfacts", "machinefacts", "hostfacts", "systemfacts"]);

/** "Show the facts of all machines", "gather facts": a look at machines, with the hosts that are meant; else undefined. */
export function readFactsWish(intent: Intent, hosts: readonly string[]): Intent | undefined {
  if (destructiveVerbs.has(intent.verb) || intent.condition !== null) return undefined;
  const [whole, of] = wish.exec(intent.text.trim()) ?? [];
  if (whole === undefined || intent.params["not"] !== undefined) return undefined;
  const facts = { ...intent, verb: "status" as const, target: "facts" };
  if (of === undefined) return facts;
  if (allOf.test(of) && plural.test(of)) return { ...facts, hosts: ["all"] };
  const named = hostsNamed(of, hosts);
  return named === undefined ? undefined : { ...facts, hosts: named };
}

/** Whether a message is such a wish, whatever it says about hosts. */
export function isFactsWish(text: string): boolean {
  return wish.test(text.trim());
}

/** The repository's own playbooks of that name. */
export function findFactsUnits(index: UnitIndex): IndexedUnit[] {
  return index.items.filter(
    ({ unit }) => !unit.minor && unit.kind === "playbook" && names.has(joined(wordsOf(unit.name))),
  );
}

/** Whether a unit says of itself that it only looks. */
export function onlyLooks({ verbs }: IndexedUnit): boolean {
  return verbs.size > 0 && [...verbs].every((verb) => verb === "status" || verb === "check");
}
