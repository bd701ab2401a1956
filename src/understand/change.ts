import type { Intent } from "../contracts/intent.ts";
import { splitRequest } from "./split.ts";
import { wordsOf } from "./words.ts";

/** What a person wants changed about a plan, as far as rules understand it. Indexes are those of the plan's intents. */
export type Change =
  | { readonly kind: "leave-out"; readonly intents: readonly number[] }
  | { readonly kind: "add"; readonly intents: readonly Intent[] }
  | {
      readonly kind: "alter";
      readonly intents: readonly number[];
      readonly hosts: readonly string[];
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: "unclear"; readonly why: string };

interface Known {
  readonly intents: readonly Intent[];
  readonly names: readonly string[];
  readonly hosts: readonly string[];
}

const politeness = /^(?:please|no|ok(?:ay)?|but|actually|rather|could you|can you)[,:]?\s+/i;
const leavingOut =
  /^(?:without|leave out|skip|drop|omit|forget(?: about)?|(?:do not|don't)(?: do| run)?|remove from the plan)\s+(.+)$/i;
const adding = /^(?:and then|and also|and|then|also|additionally|afterwards|after that)[,:]?\s+(.+)$/i;
const addingLast = /^(.+?)[, ]+(?:too|also|as well)$/i;
const setting =
  /^(?:(?:change|set|make|use|with|take)\s+)?(?:the\s+)?([a-z][a-z0-9_-]*)\s*(?:=|:|to|is|should be)\s*(\S+)$/i;
const lead =
  /^(?:(?:use|take|with|do (?:it|that|this)|run (?:it|that|this)|make (?:it|that|this)|change (?:it|that|this)(?: to)?|put (?:it|that|this)|only)\s+)+/i;

/** Reads words such as "without step 2", "on web2 instead", "port 3002" or "and then restart nginx". Pure; never throws. */
export function readChange(instruction: string, known: Known): Change {
  const said = withoutPoliteness(instruction.trim().replace(/[.!]+$/, ""));
  const left = leavingOut.exec(said)?.[1];
  if (left !== undefined) return leaveOut(left, known);
  const more = adding.exec(said)?.[1] ?? addingLast.exec(said)?.[1];
  if (more !== undefined) {
    const added = add(more, known);
    if (added !== undefined) return added;
  }
  return alter(said, known) ?? unclear();
}

function withoutPoliteness(text: string): string {
  const shorter = text.replace(politeness, "");
  return shorter === text ? text : withoutPoliteness(shorter);
}

function leaveOut(what: string, known: Known): Change {
  const found = intentsNamed(what, known);
  if (found.length === 0) return { kind: "unclear", why: `no step of this plan is about "${what}"` };
  if (found.length === known.intents.length)
    return { kind: "unclear", why: "nothing would be left of this plan: reject it instead" };
  return { kind: "leave-out", intents: found };
}

/** A wish of its own: only when it names what to do, so that "on web2" is not taken for one. */
function add(text: string, known: Known): Change | undefined {
  const intents = splitRequest(text, { names: [...known.names], hosts: [...known.hosts] });
  const whole =
    intents.length > 0 && intents.every((intent) => intent.verb !== "other" && intent.target !== "");
  return whole ? { kind: "add", intents } : undefined;
}

/** Hosts and parameters: read by the same rules as in a request, behind the wish that they belong to. */
function alter(text: string, known: Known): Change | undefined {
  const { of, rest } = takeStep(text, known);
  const [, name, value] = setting.exec(rest) ?? [];
  const words =
    name !== undefined && value !== undefined
      ? `with ${name} ${value}`
      : rest.replace(lead, "").replace(/\s+instead$/i, "");
  const first = known.intents[of[0] ?? 0];
  if (first === undefined) return undefined;
  const tail = /^(?:on|with|at|in|to|for|version|port)\s/i.test(words) ? words : `with ${words}`;
  const [read, second] = splitRequest(
    `${first.verb === "other" ? "deploy" : first.verb} ${first.target} ${tail}`,
    {
      names: [...known.names, first.target],
      hosts: [...known.hosts],
    },
  );
  if (read === undefined || second !== undefined || !sameTarget(read, first)) return undefined;
  // Only what was named: a bare word must not become the value of something.
  const said = new Set(wordsOf(words));
  const params = Object.fromEntries(
    Object.entries(fresh(read.params, first.params)).filter(([name]) =>
      wordsOf(name).every((word) => said.has(word)),
    ),
  );
  const hosts = read.hosts.filter((host) => known.hosts.includes(host));
  if (hosts.length === 0 && Object.keys(params).length === 0) return undefined;
  return {
    kind: "alter",
    intents: of.length > 0 ? of : known.intents.map((_, index) => index),
    hosts,
    params,
  };
}

function fresh(
  read: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(read).filter(([name, value]) => before[name] !== value));
}

function sameTarget(a: Intent, b: Intent): boolean {
  return wordsOf(a.target).join(" ") === wordsOf(b.target).join(" ");
}

/** "port 3002 for step 2" concerns that step only. */
function takeStep(said: string, known: Known): { of: readonly number[]; rest: string } {
  const [whole, what] = /\s+(?:for|in|of)\s+(.+)$/i.exec(said) ?? [];
  if (whole === undefined || what === undefined) return { of: [], rest: said };
  const found = intentsNamed(what, known);
  return found.length === 0 ? { of: [], rest: said } : { of: found, rest: said.slice(0, -whole.length) };
}

const ordinals = ["first", "second", "third", "fourth", "fifth"];

function intentsNamed(what: string, { intents }: Known): number[] {
  const plain = what.toLowerCase().replace(/^(?:the|a|an|my|our)\s+/, "");
  const number = /^(?:step|part|number)\s+(\d{1,2})$/.exec(plain)?.[1];
  const ordinal = ordinals.findIndex((word) => plain === word || plain.startsWith(`${word} `));
  const at = number !== undefined ? Number(number) - 1 : ordinal;
  if (plain === "last" || plain.startsWith("last ")) return intents.length > 0 ? [intents.length - 1] : [];
  if (at >= 0) return at < intents.length ? [at] : [];
  const wanted = wordsOf(plain).filter((word) => word.length > 2);
  if (wanted.length === 0) return [];
  const exact = intents.flatMap((intent, index) =>
    wordsOf(intent.target).join(" ") === wanted.join(" ") ? [index] : [],
  );
  if (exact.length > 0) return exact;
  return intents.flatMap((intent, index) => {
    const words = new Set(wordsOf(`${intent.verb} ${intent.target} ${intent.text}`).map(stemOf));
    return wanted.every((word) => words.has(stemOf(word))) ? [index] : [];
  });
}

function stemOf(word: string): string {
  return word.replace(/(?:ing|s)$/, "");
}

function unclear(): Change {
  return {
    kind: "unclear",
    why: "these words name no host, no value, no step of the plan and no further wish",
  };
}
