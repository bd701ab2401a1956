import type { Verb } from "../contracts/vocabulary.ts";
import type { Known } from "./hosts.ts";
import { looksLikeHost } from "./hosts.ts";
import { dependentNouns, everything } from "./lexicon.ts";
import { itemsOf } from "./items.ts";
import type { Item } from "./items.ts";
import { extractParameters, readModifiers } from "./parameters.ts";
import { isQuestion, skipOpeners } from "./segment.ts";
import type { Token } from "./tokens.ts";
import {
  findLightVerb,
  findMisspeltVerb,
  findParticiple,
  findNounVerb,
  findVerb,
  findWordVerb,
} from "./verbs.ts";
import type { VerbHit } from "./verbs.ts";

/** What a target refers to: itself, something said before ("it", "them"), or a part of it ("its folder"). */
export type Reference = "none" | "one" | "many" | "part";

export type Wish = {
  verb: Verb;
  target: string;
  reference: Reference;
  hosts: string[];
  params: Record<string, string>;
  text: string;
};

export type Clause = {
  /** True for "… in that order": the entries of the list wait for each other. */
  readonly inOrder: boolean;
  readonly verb: Verb;
  readonly verbText: string;
  /** False when the verb is not said ("…, then prometheus") and may be taken from the wish before. */
  readonly said: boolean;
  readonly wishes: Wish[];
  /** True when the hosts are those of the step before ("there", "on the same host"). */
  readonly sameHosts: boolean;
};

type Head = { verb: Verb; phrase: string; said: boolean; from: number; verbText: string; rest: Token[] };

/** Reads one clause: its verb, its targets, where, with what. `inherited` is the verb of the wish before. */
export function parseClause(
  tokens: readonly Token[],
  known: Known,
  inherited: Head | undefined,
): Clause & { head: Head } {
  const head = headOf(tokens, inherited);
  const settled = settleVerb(head, known);
  const extracted = extractParameters(settled.rest, settled.verb);
  const items = itemsOf(extracted, {
    verb: settled.verb,
    known,
    splits: settled.verb !== "other" || settled.said,
  });
  const wishes = items.map((item) => wishOf(item, settled, known));
  shareTail(wishes, items);
  const [first] = wishes;
  if (first !== undefined && wishes.length === 1) {
    const written = plainText(tokens.slice(settled.from));
    first.text = settled.said ? written : [settled.verbText, written].join(" ").trim();
  }
  for (const wish of wishes) nameValue(wish);
  const sameHosts =
    /\b(?:there|on (?:the )?same (?:host|server|machine|box|hosts)|on (?:both|them|it|each|that (?:host|server|machine)))\b/i.test(
      plainText(tokens),
    );
  return {
    verb: settled.verb,
    verbText: settled.verbText,
    said: settled.said,
    wishes: mergeHosts(wishes, settled, known),
    sameHosts,
    inOrder:
      /\b(?:in (?:that|this|the given) order|one after the other|one by one|one at a time|in sequence)\b/i.test(
        plainText(tokens),
      ),
    head: settled,
  };
}

const plainText = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => token.text)
    .join(" ")
    .replace(/ ,/g, ",");

function headOf(tokens: readonly Token[], inherited: Head | undefined): Head {
  const at = skipOpeners(tokens, 0);
  const passive = passiveOf(tokens, at);
  if (passive !== undefined) return passive;
  const hit = findLightVerb(tokens, at) ?? findVerb(tokens, at);
  const asked = hit === undefined ? undefined : indirectQuestion(tokens, at + hit.used, hit);
  if (asked !== undefined) return { ...asked, from: at };
  if (hit !== undefined && hit.form !== "ed" && hit.form !== "third") {
    const taken = new Set<number>();
    if (hit.particle !== null)
      for (let index = 0; index < hit.particle.length; index += 1) taken.add(hit.particle.from + index);
    const rest = tokens.filter((_, index) => index >= at + hit.used && !taken.has(index));
    return {
      verb: hit.verb,
      phrase: hit.phrase,
      said: true,
      from: at,
      verbText: plainText(tokens.slice(at, at + hit.used)),
      rest,
    };
  }
  const first = tokens[at];
  if (first?.kind === "word" && tokens.length - at > 1) {
    const misspelt = findMisspeltVerb(first.lower);
    if (misspelt !== undefined) {
      return {
        verb: misspelt,
        phrase: first.lower,
        said: true,
        from: at,
        verbText: first.text,
        rest: tokens.slice(at + 1),
      };
    }
  }
  const wanted = tokens.slice(0, at).some((token) => /^(?:i'd|like|want|need|we'd)$/.test(token.lower));
  const rest = tokens.slice(at);
  if (wanted) return { verb: "deploy", phrase: "want", said: true, from: at, verbText: "", rest: [...rest] };
  if (inherited !== undefined) {
    const own = rest[0]?.lower === "that" && rest.length > 2 ? rest.slice(1) : rest;
    return { ...inherited, said: false, from: at, rest: [...own] };
  }
  return { verb: "other", phrase: "", said: false, from: at, verbText: "", rest: [...rest] };
}

/** "tell me what is running on nas01", "check which services are down". */
function indirectQuestion(tokens: readonly Token[], next: number, hit: VerbHit): Head | undefined {
  const word = tokens[next]?.lower ?? "";
  const asks =
    /^(?:tell me|show|show me|list|see|check|find out|report|look up)$/.test(hit.phrase) &&
    /^(?:what|which|how)$/.test(word);
  const head = asks ? questionOf(tokens, next) : undefined;
  return head === undefined || hit.verb !== "check" ? head : { ...head, verb: "check" };
}

const askedStates: readonly (readonly [RegExp, Verb])[] = [
  [/^(?:outdated|obsolete|upgradable|upgradeable|behind|due)$/, "check"],
  [
    /^(?:running|up|alive|online|healthy|active|started|reachable|down|stopped|ok|okay|working|available|doing|fine|dead)$/,
    "status",
  ],
];

/** Questions ("is nginx running?") and passives ("nginx needs to be restarted"). */
function passiveOf(tokens: readonly Token[], at: number): Head | undefined {
  const words = tokens.map((token) => token.lower);
  if (isQuestion(tokens, at)) return questionOf(tokens, at);
  const modal = words.findIndex(
    (word, index) => index > at && /^(?:needs?|should|must|has|have|wants?)$/.test(word),
  );
  if (modal <= at || findVerb(tokens, at)?.form === "base") return undefined;
  for (let end = modal + 1; end < Math.min(words.length, modal + 6); end += 1) {
    const word = words[end] ?? "";
    const participle = findParticiple(words.slice(modal + 1, end + 1));
    const gerund = findWordVerb(word);
    const noun = findNounVerb(word);
    const verb = participle?.verb ?? (gerund?.form === "ing" ? gerund.verb : undefined) ?? noun;
    if (verb === undefined) continue;
    const more = words[end + 1];
    if (participle === undefined && more !== undefined && findParticiple([word, more]) !== undefined)
      continue;
    const rest = [...tokens.slice(at, modal), ...tokens.slice(end + 1)];
    return { verb, phrase: word, said: true, from: at, verbText: word, rest };
  }
  return undefined;
}

function questionOf(tokens: readonly Token[], at: number): Head | undefined {
  const rest = tokens.slice(at + 1);
  const states = rest.findIndex((token) => askedStates.some(([shape]) => shape.test(token.lower)));
  const state = rest[states]?.lower ?? "";
  const noun = rest.findIndex(
    (token) => token.lower === "status" || token.lower === "state" || token.lower === "health",
  );
  const first = tokens[at]?.lower ?? "";
  if (/^(?:do|does|did|have|has|why|who|where)$/.test(first) && states < 0 && noun < 0) {
    return { verb: "check", phrase: first, said: true, from: at, verbText: first, rest: [...rest] };
  }
  const verb = askedStates.find(([shape]) => shape.test(state))?.[1] ?? (noun >= 0 ? "status" : "check");
  const kept = rest.filter(
    (token, index) =>
      index !== states &&
      index !== noun &&
      !/^(?:is|are|the|what|of|there|currently|still|it's|which|how)$/.test(token.lower),
  );
  return { verb, phrase: first, said: true, from: at, verbText: first, rest: kept };
}

/** Verbs whose meaning depends on their object: "add a wiki" deploys, "add my portals to it" configures. */
function settleVerb(head: Head, known: Known): Head {
  const words = head.rest.map((token) => token.lower);
  if (
    /^(?:want|need|get|like to have|would like|make sure.*|ensure.*|have|keep|check.*|verify.*|test.*|see .*|make|confirm.*)$/.test(
      head.phrase,
    )
  ) {
    return settleState(head, words);
  }
  if (/^(?:update|refresh|import)$/.test(head.phrase) && isSettings(words))
    return { ...head, verb: "configure" };
  if (head.phrase === "add" || head.phrase === "create") return addOf(head, words, known);
  if (head.phrase === "disable" && /^(?:service|daemon|timer|container)$/.test(words[words.length - 1] ?? ""))
    return { ...head, verb: "stop" };
  if (
    head.phrase === "put" &&
    words.some((word) => word === "into" || word === "in") &&
    dependentNouns.has(words[words.length - 1] ?? "")
  ) {
    return { ...head, verb: "configure" };
  }
  if (/^(?:run|execute|trigger|do|perform)$/.test(head.phrase)) return { ...head, verb: "other" };
  if (head.phrase === "pull" && /^(?:logs?|data|files?)$/.test(words[words.length - 1] ?? ""))
    return { ...head, verb: "other" };
  return head;
}

/** "update its config with my portals" changes settings; it does not upgrade. */
const isSettings = (words: readonly string[]): boolean => {
  const end = words.findIndex((word) => /^(?:with|on|to|for|in|from|so)$/.test(word));
  const last = words.slice(0, end < 0 ? words.length : end).at(-1) ?? "";
  return /^(?:config|configuration|settings|configs|list|rules|records|variables|bookmarks|portals|users|monitors)$/.test(
    last,
  );
};

const wantedStates: readonly (readonly [RegExp, Verb])[] = [
  [/ (?:is |are )?(?:up to date|updated|upgraded|at the latest version|current)$/, "update"],
  [/ (?:is |are )?(?:installed|deployed|set up|present)$/, "deploy"],
  [/ (?:is |are )?(?:stopped|down|off|not running|turned off|switched off|disabled)$/, "stop"],
  [/ (?:is |are )?(?:removed|gone|absent|uninstalled|deleted)$/, "remove"],
  [/ (?:is |are )?(?:restarted|rebooted|reloaded)$/, "restart"],
  [/ (?:is |are )?(?:backed up)$/, "backup"],
  [/ (?:is |are )?(?:configured)$/, "configure"],
];

/** "make sure nginx is running", "I want nginx removed": the state that is wished names the verb. */
function settleState(head: Head, words: readonly string[]): Head {
  const onAt = words.findIndex(
    (word, index) =>
      index > 0 &&
      (/^(?:on|at|for|before|with|in|from)$/.test(word) || (word === "to" && words[index - 1] !== "up")) &&
      index < words.length - 1,
  );
  const upTo = onAt < 0 ? words.length : onAt;
  const text = ` ${words.slice(0, upTo).join(" ")}`;
  const ensures = /^(?:make sure|ensure)/.test(head.phrase);
  const running = / (?:is |are )(?:up and running|running|up|started|active|online|on|enabled)$/.exec(text);
  const cut = (verb: Verb, length: number): Head => {
    const drop = text
      .slice(text.length - length)
      .trim()
      .split(" ").length;
    return { ...head, verb, rest: [...head.rest.slice(0, upTo - drop), ...head.rest.slice(upTo)] };
  };
  if (/^(?:check|verify|confirm)/.test(head.phrase)) {
    const asked = / (?:is|are|has|have|does|do|works?|runs?|responds?|answers?|can)(?: .*)?$/.exec(text);
    return asked === null || asked.index === 0 ? head : cut("check", asked[0].length);
  }
  if (running !== null && ensures) return cut("start", running[0].length);
  for (const [shape, verb] of wantedStates) {
    const hit = shape.exec(text);
    if (hit !== null) return cut(verb, hit[0].length);
  }
  return head.phrase === "make" ? { ...head, verb: "configure" } : head;
}

function addOf(head: Head, words: readonly string[], known: Known): Head {
  const to = words.findIndex((word) => word === "to" || word === "into" || word === "in");
  const object = words.slice(0, to < 0 ? words.length : to).filter((word) => !/^(?:on|and|,)$/.test(word));
  const last = object[object.length - 1] ?? "";
  const noun = object.some((word) => dependentNouns.has(word)) && !known.names.has(object.join(" "));
  const owned =
    /^(?:my|our|existing|these|those|the)$/.test(object[0] ?? "") &&
    object.some((word) => word === "existing" || dependentNouns.has(word));
  const goal = words.slice(to + 1);
  const intoThing =
    to >= 0 &&
    goal.some(
      (word) =>
        /^(?:it|them|its|config|configuration|settings|list|file|dashboard)$/.test(word) ||
        known.names.has(word),
    );
  const single = object.filter((word) => !/^(?:a|an|new|the)$/.test(word));
  const dependent = dependentNouns.has(last) || (noun && dependentNouns.has(single[0] ?? ""));
  if (head.phrase === "create") return dependent && single.length > 0 ? { ...head, verb: "configure" } : head;
  return intoThing || owned || dependent ? { ...head, verb: "configure" } : head;
}

function wishOf(item: Item, head: Head, known: Known): Wish {
  const read = readModifiers(item.modifiers, head.verb, known);
  const text = [head.verbText, item.text].filter((part) => part !== "").join(" ");
  const wish: Wish = {
    verb: head.verb,
    target: item.target,
    reference: item.reference,
    hosts: read.hosts,
    params: { ...item.params, ...read.params },
    text,
  };
  const path = /^(?:\/|~\/)\S+$/.test(item.target) ? item.target : undefined;
  if (path !== undefined) wish.params["path"] ??= path;
  return wish;
}

/** "set the port of grafana to 3000": the noun names the value. "open port 80": the port is the target. */
function nameValue(wish: Wish): void {
  const { params } = wish;
  const port = params["port"];
  if (wish.target === "" && wish.reference === "none" && port !== undefined && wish.verb === "configure") {
    wish.target = port.includes(",") ? `ports ${port.split(",").join(" and ")}` : `port ${port}`;
  }
  const to = params["to"];
  const noun = /\b(port|version|domain|timezone|hostname|url|password|email|size|memory|replicas)\b/i
    .exec(wish.target)?.[1]
    ?.toLowerCase();
  if (wish.verb !== "configure" || to === undefined || noun === undefined) return;
  params[noun] ??= to;
  delete params["to"];
}

/** Hosts and times behind the last entry of a list count for the entries that have none. */
function shareTail(wishes: readonly Wish[], items: readonly Item[]): void {
  const last = wishes[wishes.length - 1];
  if (last === undefined || wishes.length < 2) return;
  const respectively = items.some((item) => item.respectively);
  if (respectively && last.hosts.length === wishes.length) {
    const hosts = [...last.hosts];
    wishes.forEach((wish, index) => {
      wish.hosts = hosts.slice(index, index + 1);
    });
    return;
  }
  const time = last.params["time"];
  for (const wish of wishes) {
    if (wish.hosts.length === 0) wish.hosts = [...last.hosts];
    if (time !== undefined) wish.params["time"] ??= time;
  }
}

const machineVerbs = new Set<Verb>(["restart", "stop", "start", "status", "check", "update"]);

/** "reboot web1 and web2": machines are places, so they are one step on two hosts. */
function mergeHosts(wishes: Wish[], head: Head, known: Known): Wish[] {
  if (!machineVerbs.has(head.verb) || wishes.some((wish) => wish.hosts.length > 0)) return wishes;
  const [first] = wishes;
  if (
    first === undefined ||
    !wishes.every((wish) => looksLikeHost(wish.target, known) || isEverywhere(wish.target))
  )
    return wishes;
  const target = wishes.map((wish) => wish.target).join(" and ");
  const hosts = wishes.map((wish) => (isEverywhere(wish.target) ? "all" : wish.target));
  return [{ ...first, target, hosts, text: [head.verbText, target].join(" ").trim() }];
}

const isEverywhere = (target: string): boolean =>
  everything.has(target.toLowerCase()) && /host|server|machine|node|fleet|box|system/i.test(target);
