import type { Intent } from "../contracts/intent.ts";
import { hostsNamed, leaveOutHosts, nameLocal, readSetting, type Setting } from "./change-settings.ts";
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

/** What the words are about: the plan's intents and what there is to name. */
export interface Planned {
  readonly intents: readonly Intent[];
  readonly names: readonly string[];
  /** Hosts and groups of the inventory. */
  readonly hosts: readonly string[];
  /** The variables that each intent's unit takes; without them any name is taken as it is said. */
  readonly variables?: readonly (readonly string[])[];
  /** The name of each intent's unit, as the plan shows it. */
  readonly units?: readonly string[];
  /** The intents that the plan has steps for, in its order; all of them when it is not said. */
  readonly shown?: readonly number[];
  /** The host that "localhost" means, when the inventory calls it otherwise. */
  readonly local?: string | undefined;
}

const politeness =
  /^(?:please|no|yes|ok(?:ay)?|oh|but|well|hm+|actually|rather|instead|(?:could|can|would|will) (?:you|we)(?: please)?|let's|i(?:'d| would) (?:rather|like to|prefer to)|(?:what|how) about)[,:]?\s+/i;
const closing = /[\s,]+(?:please|thanks|thank you)$/i;
const leavingOut =
  /^(?:without|leave out|skip|drop|omit|cancel|forget(?: about)?|(?:do not|don't)(?: do| run)?|remove from the plan)\s+(.+)$/i;
const leavingThePlan =
  /^(?:remove|drop|delete|take|cancel|strike)\s+(?:(.+?)\s+(?:from|out of) (?:the|this|that) plan|(step \d{1,2}|the (?:first|second|third|fourth|fifth|last) (?:step|one)))$/i;
const adding = /^(?:and then|and also|and|then|also|additionally|afterwards|after that)[,:]?\s+(.+)$/i;
const addingLast = /^(.+?)[, ]+(?:too|also|as well)$/i;
const lead =
  /^(?:(?:use|take|with|do (?:it|that|this)|run (?:it|that|this)|make (?:it|that|this)|change (?:it|that|this)(?: to)?|put (?:it|that|this)|only)\s+)+/i;

/** Reads words such as "without step 2", "on web2 instead", "port 3002" or "and then restart nginx". Pure; never throws. */
export function readChange(instruction: string, known: Planned): Change {
  const said = bareChange(instruction, known.local);
  const [, fromPlan, step] = leavingThePlan.exec(said) ?? [];
  const left = fromPlan ?? step ?? leavingOut.exec(said)?.[1];
  const spared = leaveOutHosts(said, known.hosts);
  if (spared.length > 0) return exceptOn(spared, known);
  if (left !== undefined) return leaveOut(left, known);
  const more = adding.exec(said)?.[1] ?? addingLast.exec(said)?.[1];
  if (more !== undefined) {
    const added = add(more, known);
    if (added !== undefined) return added;
  }
  return alter(said, known) ?? unclear();
}

/** The words of a change without what is only polite. */
export function bareChange(text: string, local?: string): string {
  const said = nameLocal(text.trim(), local).replace(/[.!?\s]+$/, "");
  return withoutPoliteness(said.replace(closing, ""));
}

function withoutPoliteness(text: string): string {
  const shorter = text.replace(politeness, "");
  return shorter === text ? text : withoutPoliteness(shorter);
}

function leaveOut(what: string, known: Planned): Change {
  const found = intentsNamed(what, known);
  if (found.length === 0) return { kind: "unclear", why: `no step of this plan is about "${what}"` };
  if (shownOf(known).every((index) => found.includes(index)))
    return { kind: "unclear", why: "nothing would be left of this plan: reject it instead" };
  return { kind: "leave-out", intents: found };
}

/** "not on web2": what an intent already spares stays spared. */
function exceptOn(hosts: readonly string[], { intents }: Planned): Change {
  const before = new Set(intents.map((intent) => intent.params["not"]));
  const [only] = before;
  const kept = before.size === 1 && only !== undefined ? [only] : [];
  return {
    kind: "alter",
    intents: intents.map((_, index) => index),
    hosts: [],
    params: { not: [...kept, ...hosts.map((host) => `except ${host}`)].join("; ") },
  };
}

/** A wish of its own: only when it names what to do, so that "on web2" is not taken for one. */
function add(text: string, known: Planned): Change | undefined {
  const intents = splitRequest(text, known);
  const whole =
    intents.length > 0 && intents.every((intent) => intent.verb !== "other" && intent.target !== "");
  return whole ? { kind: "add", intents } : undefined;
}

/** Hosts and parameters: read by the same rules as in a request, behind the wish that they belong to. */
function alter(text: string, known: Planned): Change | undefined {
  const [, missing] = /\s(?:for|in|of|on) (?:step|part) (\d{1,2})$/i.exec(text) ?? [];
  if (missing !== undefined && Number(missing) > shownOf(known).length)
    return { kind: "unclear", why: `the plan has no step ${missing}` };
  const { of, rest } = takeStep(text, known);
  const setting = readSetting(rest, known);
  if (setting !== undefined) return alterBy(setting, of, known);
  const words = rest
    .replace(/^(?:change|switch|set|move) (?:the )?(?:host|machine|server)s? to\s+/i, "on ")
    .replace(lead, "")
    .replace(/[\s,]+(?:instead|only|alone)$/i, "")
    .replace(/^only\s+/i, "");
  const first = known.intents[of[0] ?? 0];
  if (first === undefined) return undefined;
  const isHost = known.hosts.some((host) => host.toLowerCase() === words.toLowerCase());
  const placed = isHost ? `on ${words}` : words;
  const tail = /^(?:on|with|at|in|to|for|version|port)\s/i.test(placed) ? placed : `with ${placed}`;
  const [read, second] = splitRequest(
    `${first.verb === "other" ? "deploy" : first.verb} ${first.target} ${tail}`,
    { names: [...known.names, first.target], hosts: [...known.hosts] },
  );
  if (read === undefined || second !== undefined || !sameTarget(read, first)) return undefined;
  // Only what was named: a bare word must not become the value of something.
  const said = new Set(wordsOf(words));
  const params = Object.fromEntries(
    Object.entries(fresh(read.params, first.params)).filter(([name]) =>
      wordsOf(name).every((word) => said.has(word)),
    ),
  );
  const hosts = read.hosts.flatMap((host) => hostsNamed(host, known.hosts) ?? []);
  const [, place] = /^on\s+([\w.-]+)$/i.exec(placed) ?? [];
  if (hosts.length === 0 && place !== undefined)
    return { kind: "unclear", why: `there is no host or group "${place}" in the inventory` };
  if (hosts.length === 0 && Object.keys(params).length === 0) return undefined;
  return {
    kind: "alter",
    intents: of.length > 0 ? of : known.intents.map((_, index) => index),
    hosts,
    params,
  };
}

function alterBy(setting: Setting, of: readonly number[], { intents }: Planned): Change {
  if (setting.kind === "unclear") return setting;
  const all = intents.map((_, index) => index);
  const meant = of.length > 0 ? of : setting.intents.length > 0 ? setting.intents : all;
  return { kind: "alter", intents: meant, hosts: [], params: { [setting.name]: setting.value } };
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
function takeStep(said: string, known: Planned): { of: readonly number[]; rest: string } {
  const [whole, what] = /\s+(?:for|in|of)\s+(.+)$/i.exec(said) ?? [];
  if (whole === undefined || what === undefined) return { of: [], rest: said };
  const found = intentsNamed(what, known);
  return found.length === 0 ? { of: [], rest: said } : { of: found, rest: said.slice(0, -whole.length) };
}

const ordinals = ["first", "second", "third", "fourth", "fifth"];

/** Whether words such as "step 2", "the backup" or "grafana" mean a step of the plan. */
export function namesStep(what: string, plan: Planned): boolean {
  return intentsNamed(what, plan).length > 0;
}

function intentsNamed(what: string, known: Planned): number[] {
  const { intents, units = [] } = known;
  const shown = shownOf(known);
  const plain = what.toLowerCase().replace(/^(?:the|a|an|my|our)\s+/, "");
  const number = /^(?:step|part|number)\s+(\d{1,2})$/.exec(plain)?.[1];
  const ordinal = ordinals.findIndex((word) => plain === word || plain.startsWith(`${word} `));
  const at = number !== undefined ? Number(number) - 1 : ordinal;
  if (plain === "last" || plain.startsWith("last ")) return shown.slice(-1);
  if (at >= 0) return shown.slice(at, at + 1);
  const wanted = wordsOf(plain).filter((word) => word.length > 2);
  if (wanted.length === 0) return [];
  const exact = shown.filter((index) =>
    [intents[index]?.target ?? "", units[index] ?? ""].some(
      (name) => wordsOf(name).join(" ") === wanted.join(" "),
    ),
  );
  if (exact.length > 0) return exact;
  return shown.filter((index) => {
    const intent = intents[index];
    const named = `${intent?.verb ?? ""} ${intent?.target ?? ""} ${intent?.text ?? ""} ${units[index] ?? ""}`;
    const words = new Set(wordsOf(named).map(stemOf));
    return wanted.every((word) => words.has(stemOf(word)));
  });
}

const shownOf = ({ intents, shown }: Planned): readonly number[] => shown ?? intents.map((_, index) => index);

function stemOf(word: string): string {
  return word.replace(/(?:ing|s)$/, "");
}

function unclear(): Change {
  return {
    kind: "unclear",
    why: "these words name no host, no value, no step of the plan and no further wish",
  };
}
