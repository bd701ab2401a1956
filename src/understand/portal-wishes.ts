import type { Intent } from "../contracts/intent.ts";
import { findLinks } from "./name-links.ts";
import { everything, stopWords } from "./lexicon.ts";
import type { IndexedUnit, UnitIndex } from "./unit-index.ts";
import { isWishVerb, joined, wordsOf } from "./words.ts";

/** A wish that speaks of the person's own portals: what is to be done with them, and the units that want their list. */
export type PortalWish = {
  readonly intent: Intent;
  /** Units that want the list and bear the name of the goal. */
  readonly items: readonly IndexedUnit[];
};

const tellingNouns = "(?:portals|bookmarks|(?:every|each) (?:portal|bookmark))";
/* "our services" are many things; only what somebody already has can be told from a list. */
const nouns =
  "(?:portals|bookmarks|links|services|sites|websites|dashboards|apps|applications|pages|urls|addresses|endpoints)";
const owners = "(?:existing|current|our|my)";
const beside =
  "(?:all|of|our|my|these|those|existing|current|known|present|own|other|web|home|homelab|local|internal)";
const relative = "(?: (?:that |which )?(?:we|i)(?: already)? (?:have|use|run|own))?";
const phrase = `(?:(?:${beside} )*${tellingNouns}(?: (?:and )?${nouns})*|(?:${beside} )*${owners} (?:${beside} )*${nouns}(?: (?:and )?${nouns})*)${relative}`;
const into = "(?:to|into|in|inside|onto|with|on|using|from|for)";
const watching =
  "(?:monitor|monitors|watch|watches|track|tracks|observe|observes|supervise|keep track of|keep an eye on)";
const adding =
  "(?:add|put|import|load|push|register|enter|include|insert|bring|copy|sync|synchronise|synchronize|feed|hook up)";

/** "add our portals", "monitor our existing services", each with the place where they go. */
const addsPortals = new RegExp(
  `^(?<lead>(?:\\S+ ){0,5}?)(?:${adding}|${watching}) (?<what>${phrase})(?: as (?:monitors|checks|targets|entries|items))?(?: ${into} (?<goal>.+))?$`,
);
/** "have it monitor our portals", "use kuma to watch our services", "feed it our portals". */
const givesPortals = new RegExp(
  `^(?<lead>(?:\\S+ ){0,5}?)(?:(?:have|let|make|get|tell|configure|use|set up) (?<goal>.{1,80}?) (?:to )?(?:${watching}|know|include)|(?:feed|give|provide|supply) (?<given>.{1,80}?)(?: with)?) (?<what>${phrase})$`,
);
/** "configure it with our portals": the goal is the target. */
const fillsWith = new RegExp(`^${phrase}$`);
const forPurpose = new RegExp(` (?:to|so that it|so it|which|that) ${watching} (?<what>${phrase})$`);

/* Where something is added, said without a name: what the wish before is about. */
const placeWords = new Set(
  "it its that this there config configuration configs settings setting list file dashboard monitors monitor instance setup own new".split(
    " ",
  ),
);

/** Anything else (remove, stop, restart, …) is done to the portals themselves and is none of this. */
const convertible = new Set<string>(["configure", "deploy", "update", "check", "other"]);

/** Units that want the list of portals; units of test folders never do. */
function findPortalUnits(index: UnitIndex): readonly IndexedUnit[] {
  let found = portalUnits.get(index);
  if (found === undefined) {
    found = index.items.filter(({ unit }) => unit.portals !== null && !unit.minor);
    portalUnits.set(index, found);
  }
  return found;
}

const portalUnits = new WeakMap<UnitIndex, readonly IndexedUnit[]>();

/**
 * "deploy Kuma with our existing portals" holds two wishes when a unit of that name wants the portals: the second waits for
 * the first. Everything else stays as it is.
 */
export function splitPortalWishes(intents: readonly Intent[], index: UnitIndex): Intent[] {
  if (findPortalUnits(index).length === 0) return [...intents];
  const made: Intent[] = [];
  const moved: number[] = [];
  for (const [at, intent] of intents.entries()) {
    const first = { ...intent, after: intent.after.map((earlier) => moved[earlier] ?? earlier) };
    moved.push(made.length);
    const { with: given, ...params } = intent.params;
    const purpose = forPurpose.exec(plainWords(intent.text))?.groups?.["what"];
    const what = given !== undefined && fillsWith.test(plainWords(given)) ? given : purpose;
    const wanted = intent.verb === "deploy" && what !== undefined;
    // Read again for the next revision of a plan, its second half is there already.
    const halved = intents.some(
      (other) =>
        other.after.includes(at) && other.params["to"] === intent.target && other.verb === "configure",
    );
    if (!wanted || halved || unitsNamed(intent.target, index).length === 0) {
      made.push(first);
      continue;
    }
    made.push(what === given ? { ...first, params } : first, {
      ...first,
      text: `add ${what} to ${intent.target}`,
      verb: "configure",
      target: what,
      params: { to: intent.target },
      after: [made.length],
    });
  }
  return made;
}

/**
 * Reads a wish about the person's portals. Undefined when it is none, or when no unit that wants them has the name of the
 * place where they are to go: it is then matched like any other wish. `before` are the wishes in front of it.
 */
export function readPortalWish(
  intent: Intent,
  before: readonly Intent[],
  index: UnitIndex,
): PortalWish | undefined {
  if (findPortalUnits(index).length === 0 || !convertible.has(intent.verb)) return undefined;
  const said = readPortals(intent);
  if (said === undefined) return undefined;
  const named = nameWords(said.goal);
  const earlier = before.findLastIndex((other) => unitsNamed(other.target, index).length > 0);
  const last = before.length - 1;
  const meant = named.length > 0 ? said.goal : earlier === last ? (before[last]?.target ?? "") : "";
  const items = unitsNamed(meant, index);
  if (items.length === 0) return undefined;
  const goal = before.findLastIndex((other) => sharesUnit(other.target, items, index));
  const after =
    goal < 0 || intent.after.includes(goal) ? intent.after : [...intent.after, goal].sort(ascending);
  const { with: _, to: __, as: ___, ...params } = intent.params;
  return {
    intent: {
      ...intent,
      text: said.text,
      verb: "configure",
      target: said.what,
      after,
      params: { ...params, to: meant },
    },
    items,
  };
}

const ascending = (a: number, b: number): number => a - b;

/** Which portals, and the place where they go ("" = not said); undefined when the wish is not about portals. */
function readPortals(intent: Intent): { what: string; goal: string; text: string } | undefined {
  const text = plainWords(withoutHosts(intent));
  for (const shape of [givesPortals, addsPortals]) {
    const { lead = "", what = "portals", goal, given } = shape.exec(text)?.groups ?? { lead: "-" };
    if (!isPolite(lead)) continue;
    const place = shape === addsPortals ? (intent.params["to"] ?? goal) : (goal ?? given);
    return { what, goal: place ?? "", text: withoutVerbBefore(intent.text, lead) };
  }
  const filled = plainWords(intent.params["with"] ?? "");
  const fills = intent.verb === "configure" || intent.verb === "update";
  return fills && fillsWith.test(filled)
    ? { what: filled, goal: intent.target, text: intent.text }
    : undefined;
}

/** "install monitor our services": the verb of the wish before was put in front of one that has its own. */
function withoutVerbBefore(text: string, lead: string): string {
  if (!lead.split(" ").some(isWishVerb)) return text;
  const at = text.search(new RegExp(`\\b(?:${adding}|${watching}|have|let|make|get|use|feed|give)\\s`, "i"));
  return at < 0 ? text : text.slice(at);
}

/** What stands in front of the verb may be politeness or the verb of the wish before, nothing that changes the meaning. */
const isPolite = (lead: string): boolean =>
  lead
    .split(" ")
    .every(
      (word) =>
        word === "" ||
        ((stopWords.has(word) || isWishVerb(word)) && !/^(?:not|no|never|without|stop|don)$/.test(word)),
    );

/** "… on nas01": places are read elsewhere. */
function withoutHosts(intent: Intent): string {
  const hosts = intent.hosts.filter((host) => !everything.has(host.toLowerCase()));
  let text = intent.text;
  for (const host of hosts)
    text = text.replace(new RegExp(`\\s(?:on|onto)\\s(?:the\\s)?${escapeText(host)}\\b`, "i"), "");
  return text;
}

const escapeText = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

const plainWords = (text: string): string => wordsOf(text.slice(0, 500)).join(" ");

const nameWords = (goal: string): string[] =>
  wordsOf(goal).filter((word) => !placeWords.has(word) && !stopWords.has(word));

/** Units that want portals and share the name that a text says as a whole: "Kuma" for what is made for "uptime-kuma". */
function unitsNamed(text: string, index: UnitIndex): IndexedUnit[] {
  const words = nameWords(text);
  if (words.length === 0) return [];
  const links = findLinks({ sequence: words, contextFrom: words.length }, index);
  const whole = links.filter((link) => link.to - link.from === words.length);
  const names = new Set(whole.map(({ form }) => joined(form.full)));
  return findPortalUnits(index).filter((item) => item.names.some((form) => names.has(joined(form.full))));
}

const sharesUnit = (target: string, items: readonly IndexedUnit[], index: UnitIndex): boolean =>
  unitsNamed(target, index).some((item) => items.includes(item));
