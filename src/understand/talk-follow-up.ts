import type { Intent } from "../contracts/intent.ts";
import type { Verb } from "../contracts/vocabulary.ts";
import { headOf } from "./clause-head.ts";
import { everything } from "./lexicon.ts";
import { splitRequest } from "./split.ts";
import { normaliseText, tokenise } from "./tokens.ts";

/** What a message puts in the place of something in the request before. */
export interface FollowUp {
  /** New targets as written; empty = the same as before. */
  readonly targets: readonly string[];
  /** New hosts as written; empty = the same as before. */
  readonly hosts: readonly string[];
}

/** The request before, as far as it is needed to say it again with something else in it. */
export interface Previous {
  readonly text: string;
  readonly intents: readonly Pick<Intent, "verb" | "target" | "hosts" | "condition">[];
}

const lead = /^(?:(?:and|plus|also|oh|ok|okay|then|now|yes|please|thanks|great|cool|perfect)\b[\s,!]*)+/i;
const leadThatCounts =
  /^(?:(?:oh|ok|okay|then|now|yes|please|thanks|great|cool|perfect)[\s,!]+)*(?:and|plus|also)\b/i;
const tail = /[\s,]+(?:(?:too|as well|also|please)[\s,]*)+$/i;
const tailThatCounts = /[\s,]+(?:too|as well|also)(?:[\s,]+please)?$/i;
const same =
  /^(?:(?:and|now|then|please|ok|okay)[\s,]+)*(?:(?:do|make|run|repeat) )?(?:the )?(?:same|that|it|this)(?: (?:thing|again|once more|too|also))*\s+(?=(?:for|on|with|to|at)\s)(?:for |with )?/i;
const notTargets =
  /^(?:you|me|us|him|her|them|it|that|this|thanks?|thank you|so|then|now|again|yes|no|not|never|nothing|i|we|they|he|she|if|when|because|but|or|with|without|why|what|how|where|who|which|is|are|was|were|do|does|did|don't|should|would|could|can|will)\b/i;
const sentenceWords =
  /\b(?:is|are|was|were|has|have|had|will|would|should|could|can|need|needs|failed|works?|because|if|unless)\b/i;

/** Reads "and grafana too", "also on web2", "the same for jellyfin"; undefined for everything else. */
export function readFollowUp(
  text: string,
  known: { readonly hosts: readonly string[] },
): FollowUp | undefined {
  if (text.includes("\n") || text.includes("?") || text.length > 200) return undefined;
  const repeated = same.exec(text);
  const counts = repeated !== null || leadThatCounts.test(text) || tailThatCounts.test(text);
  if (!counts) return undefined;
  const rest = text
    .replace(repeated === null ? lead : same, "")
    .replace(tail, "")
    .replace(/^for\s+/i, "")
    .trim();
  if (rest === "" || notTargets.test(rest) || sentenceWords.test(rest)) return undefined;
  if (isWish(rest)) return undefined;
  const hostNames = new Set(known.hosts.map((host) => host.toLowerCase()));
  const isHost = (name: string): boolean =>
    hostNames.has(name.toLowerCase()) || everything.has(name.toLowerCase());
  const placed = /^(?:(.+?)\s+)?(?:on|onto|to|at)\s+(?:the (?:hosts?|servers?) )?(.+)$/i.exec(rest);
  if (placed !== null) {
    const hosts = listOf(placed[2] ?? "");
    const plain = hosts.every((host) => isHost(host) || /^[\w.-]+$/.test(host));
    return plain ? { targets: listOf(placed[1] ?? ""), hosts } : undefined;
  }
  const names = listOf(rest);
  if (names.some(isWish)) return undefined;
  if (names.length > 0 && names.every(isHost)) return { targets: [], hosts: names };
  return names.every((name) => name.split(" ").length <= 5) ? { targets: names, hosts: [] } : undefined;
}

function isWish(words: string): boolean {
  return headOf(tokenise(normaliseText(words)), undefined).said;
}

function listOf(words: string): string[] {
  return words
    .split(/\s*(?:,|\band\b|&|\bplus\b)\s*/i)
    .map((name) => name.replace(/^(?:the|a|an|my|our)\s+/i, "").trim())
    .filter((name) => name !== "");
}

const verbWords: Readonly<Record<Verb, string | null>> = {
  deploy: "Deploy",
  configure: "Configure",
  update: "Update",
  restart: "Restart",
  stop: "Stop",
  start: "Start",
  status: "Show the status of",
  remove: "Remove",
  backup: "Back up",
  restore: "Restore",
  check: "Check",
  rollback: "Roll back",
  other: null,
};

/** The whole sentence that a follow-up stands for; undefined when it cannot be said for certain. */
export function completeFollowUp(followUp: FollowUp, previous: Previous): string | undefined {
  const { targets, hosts } = followUp;
  if (targets.length === 0) return elsewhere(previous, hosts);
  const [first] = previous.intents;
  const same = previous.intents.every(
    (intent) =>
      intent.verb === first?.verb && intent.condition === null && intent.hosts.join() === first.hosts.join(),
  );
  const verb = first === undefined || !same ? null : verbWords[first.verb];
  if (first === undefined || verb === null) return undefined;
  const where = hosts.length > 0 ? hosts : first.hosts.filter((host) => host !== first.target);
  return `${verb} ${inWords(targets)}${where.length > 0 ? ` on ${inWords(where)}` : ""}`;
}

/** The same words for other hosts: what they say about versions and ports stays. */
function elsewhere(previous: Previous, hosts: readonly string[]): string | undefined {
  if (hosts.length === 0 || previous.intents.length === 0) return undefined;
  const before = previous.intents[0]?.hosts ?? [];
  if (!previous.intents.every((intent) => intent.hosts.join() === before.join())) return undefined;
  const text = previous.text.trim().replace(/[.!?\s]+$/, "");
  if (/\n/.test(text)) return undefined;
  if (before.length === 0)
    return previous.intents.length === 1
      ? `${text} on ${inWords(hosts)}`
      : `On ${inWords(hosts)}, ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
  const list = before.map(escapeRegExp).join(String.raw`\s*(?:,|and|&|,\s*and)\s*`);
  const found = [...text.matchAll(new RegExp(String.raw`(?<![\w.-])${list}(?![\w-])`, "gi"))];
  const [only] = found;
  if (found.length !== 1 || only === undefined) return undefined;
  return text.slice(0, only.index) + inWords(hosts) + text.slice(only.index + only[0].length);
}

function inWords(names: readonly string[]): string {
  return names.length < 2
    ? names.join("")
    : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1] ?? ""}`;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** "restart it" with the name that "it" stands for; undefined when it needs none, or when that is not certain. */
export function namePronoun(text: string, previous: Previous): string | undefined {
  const [first, ...more] = splitRequest(text);
  const pronoun = /\b(?:it|that|this)\b/i;
  if (first === undefined || first.target !== "" || first.hosts.includes("all") || !pronoun.test(text))
    return undefined;
  const targets = new Set(previous.intents.map((intent) => intent.target));
  const [target = ""] = targets;
  if (targets.size !== 1 || target === "") return undefined;
  const named = text.replace(pronoun, target).replace(/[.!\s]+$/, "");
  const before = previous.intents[0]?.hosts.filter((host) => host !== target) ?? [];
  const alone = more.length === 0 && first.hosts.length === 0 && before.length > 0 && !/[\n,]/.test(text);
  return alone ? `${named} on ${inWords(before)}` : named;
}
