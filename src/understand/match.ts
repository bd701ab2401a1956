import type { Unit } from "../contracts/catalogue.ts";
import type { Intent, MatchedIntent } from "../contracts/intent.ts";
import type { Verb } from "../contracts/vocabulary.ts";
import { decideGate } from "./gate.ts";
import type { Scored } from "./gate.ts";
import { findFactsUnits, onlyLooks, readFactsWish } from "./facts-wish.ts";
import { readIntent } from "./intent-words.ts";
import type { IntentWords } from "./intent-words.ts";
import { confirmOperation, findLearned, scoreLearned } from "./learned.ts";
import type { LearnedAliases } from "./learned.ts";
import { findLinks, linkedKeys } from "./name-links.ts";
import type { Link } from "./name-links.ts";
import { findOperation } from "./operation-choice.ts";
import { readPortalWish, splitPortalWishes } from "./portal-wishes.ts";
import type { PortalWish } from "./portal-wishes.ts";
import { kindWords, rankUnits } from "./ranking.ts";
import type { Ranked } from "./ranking.ts";
import { ambiguousNames } from "./products/ambiguous-names.ts";
import { findProduct } from "./products/products.ts";
import { indexUnits } from "./unit-index.ts";
import type { IndexedUnit, UnitIndex } from "./unit-index.ts";
import { findByPath } from "./unit-paths.ts";
import { decideVerbFit, verbPhrase } from "./verb-fit.ts";
import type { VerbFit } from "./verb-fit.ts";
import { everything, weakWords } from "./lexicon.ts";
import { wordKey } from "./words.ts";

/** What there is to match against. `operations` are Chiffon's own units, `hosts` names of the inventory. */
export type MatchCatalogue = {
  readonly units: Unit[];
  readonly operations: Unit[];
  readonly hosts: string[];
};

type MatchOptions = {
  /** False leaves out the built-in knowledge of what kind of thing well-known services are. Default true. */
  readonly lexicon?: boolean;
  /** What people have confirmed before. Default nothing. */
  readonly learned?: LearnedAliases | undefined;
};

/** Candidates shown to a person. */
const maxCandidates = 10;

/**
 * Finds the unit for every wish and decides whether it may be taken without asking. A name decides; descriptions only
 * help to order what a person is asked about. Pure; never throws.
 */
export function matchIntents(
  intents: readonly Intent[],
  catalogue: MatchCatalogue,
  options: MatchOptions = {},
): MatchedIntent[] {
  const index = indexUnits(catalogue.units);
  const alarming = intents.some((intent) => readIntent(intent, catalogue.hosts).dangerous);
  const lexicon = options.lexicon !== false;
  const context = { catalogue, index, lexicon, alarming, learned: options.learned };
  const read: Intent[] = [];
  return splitPortalWishes(intents, index).map((intent) => {
    const wish = readPortalWish(intent, read, index);
    read.push(wish?.intent ?? intent);
    if (wish !== undefined) return matchPortalWish(wish, context);
    const facts = readFactsWish(intent, catalogue.hosts);
    return facts === undefined ? matchIntent(intent, context) : matchFactsWish(facts, context);
  });
}

/** `alarming`: some wish of the request can do damage ("delete all volumes and …"), so nothing in it is automatic. */
type Context = {
  catalogue: MatchCatalogue;
  index: UnitIndex;
  lexicon: boolean;
  alarming: boolean;
  learned: LearnedAliases | undefined;
};

/** Portals go to the unit that asks for their list; it is named by its service, so its own name need not be said. */
function matchPortalWish({ intent, items }: PortalWish, context: Context): MatchedIntent {
  const allHosts = intent.hosts.some((host) => everything.has(host.toLowerCase()));
  const words = { ...readIntent(intent, context.catalogue.hosts), allHosts };
  const wanted = items.map((item): Scored => ({
    item,
    confidence: 0.95,
    kind: "exact",
    fit: item.verbs.size === 0 || item.verbs.has("configure") ? "yes" : "no",
    evidence: `It takes the list of portals (its variable "${item.unit.portals ?? ""}") for "${intent.params["to"] ?? ""}".`,
  }));
  const others = matchIntent(intent, context);
  const scored = [...wanted, ...otherScores(others, wanted, context.index)];
  const outcome = decideGate({ intent, words, scored, operation: undefined, alarming: context.alarming });
  return { ...intent, ...outcome, candidates: outcome.candidates.slice(0, maxCandidates) };
}

/** To look at machines changes none, so "of all machines" is as good as a list: the playbook of that name, else the operation. */
function matchFactsWish(intent: Intent, context: Context): MatchedIntent {
  const others = matchIntent(intent, context);
  const [own, second] = findFactsUnits(context.index);
  const unsure = second !== undefined || (own !== undefined && !onlyLooks(own));
  if (others.decision === "auto" || others.decision === "operation" || unsure) return others;
  const words = { ...readIntent(intent, context.catalogue.hosts), allHosts: false };
  const operation = own === undefined ? findOperation(intent, words, context.catalogue) : undefined;
  if (own === undefined && operation === undefined) return others;
  const evidence = `Its name is "${own?.unit.name ?? ""}".`;
  const wanted: Scored[] =
    own === undefined ? [] : [{ item: own, confidence: 0.95, kind: "exact", fit: "yes", evidence }];
  const scored = [...wanted, ...otherScores(others, wanted, context.index)];
  const outcome = decideGate({ intent, words, scored, operation, alarming: context.alarming });
  return { ...intent, ...outcome, candidates: outcome.candidates.slice(0, maxCandidates) };
}

/** What the words alone would have found, behind the units that want portals: for a person who meant something else. */
const otherScores = (matched: MatchedIntent, wanted: readonly Scored[], index: UnitIndex): Scored[] =>
  matched.candidates.flatMap((candidate): Scored[] => {
    const item = index.items.find(({ unit }) => unit.id === candidate.id);
    if (item === undefined || wanted.some((entry) => entry.item === item)) return [];
    const confidence = Math.min(candidate.confidence, 0.8);
    return [{ item, confidence, kind: "lexical", fit: "no", evidence: candidate.evidence }];
  });

function matchIntent(intent: Intent, context: Context): MatchedIntent {
  const { catalogue, index, lexicon, alarming } = context;
  const words = readIntent(intent, catalogue.hosts);
  const scored = new Map<string, Scored>();
  const keep = (entry: Scored): void => {
    const before = scored.get(entry.item.unit.id);
    if (before === undefined || entry.confidence > before.confidence) scored.set(entry.item.unit.id, entry);
  };
  for (const link of findLinks(words, index)) {
    const entry = scoreLink(link, intent, { words, lexicon });
    if (entry !== undefined) keep(entry);
  }
  for (const item of findByPath(intent, index)) {
    keep({
      item,
      confidence: 0.98,
      kind: "exact",
      fit: decideVerbFit(intent, item, words) === "no" ? "no" : "yes",
      evidence: `Its file is named: "${item.unit.path}".`,
    });
  }
  const absent = lexicon && scored.size === 0 && namesProduct(words);
  for (const ranked of rankUnits(words.content, words.text, { index, lexicon }).slice(0, 40)) {
    const entry = scoreRanked(ranked, intent);
    keep(absent ? { ...entry, confidence: round(entry.confidence * absentFactor) } : entry);
  }
  for (const item of index.items) {
    if (
      intent.verb !== "deploy" &&
      intent.verb !== "other" &&
      isOnlyFor(item, intent.verb) &&
      !scored.has(item.unit.id) &&
      words.content.length > 0
    ) {
      keep({
        item,
        confidence: 0.3,
        kind: "verb",
        fit: "yes",
        evidence: `It is a playbook that ${verbPhrase(intent.verb)}, but its texts do not name "${intent.target}".`,
      });
    }
  }
  const alias = findLearned(intent, context.learned, catalogue.hosts);
  const learned = alias === undefined ? undefined : scoreLearned(alias, index);
  if (learned !== undefined) scored.set(learned.item.unit.id, learned);
  const ordered = [...scored.values()]
    .map(demoteMinor)
    .sort((a, b) => b.confidence - a.confidence || tieOrder(a, b));
  const operation = confirmOperation(findOperation(intent, words, catalogue), alias);
  const outcome = decideGate({ intent, words, scored: ordered, operation, alarming });
  return { ...intent, ...outcome, candidates: outcome.candidates.slice(0, maxCandidates) };
}

/** A product that is named and not there: what only sounds like it is worth little. */
const absentFactor = 0.4;

/** Whether the thing that is wished is a product by its name, and by a name that means nothing else. */
function namesProduct({ own }: IntentWords): boolean {
  const product = findProduct(own);
  return product !== undefined && !ambiguousNames.has(product.name);
}

const tieOrder = (a: Scored, b: Scored): number => (a.item.unit.id < b.item.unit.id ? -1 : 1);

/** Units of test folders, and playbooks whose namesake is the one in use, come last and are never picked. */
const demoteMinor = (entry: Scored): Scored =>
  entry.item.unit.minor
    ? {
        ...entry,
        confidence: Math.min(entry.confidence, 0.2),
        evidence: `${entry.evidence} It is for tests, or another playbook of its name is used instead.`,
      }
    : entry;

/** Made for this one kind of wish ("backup"), so worth showing even when nothing else fits. */
const isOnlyFor = (item: IndexedUnit, verb: Verb): boolean =>
  item.verbs.size === 1 && item.verbs.has(verb) && verb !== "configure" && verb !== "update";

const baseOf = { exact: 0.97, permuted: 0.93, weak: 0.92, typo: 0.9, head: 0.88 } as const;

/** Confidence of a link by name: what kind of link, which words of the wish it leaves unexplained, whether the verb fits. */
function scoreLink(
  link: Link,
  intent: Intent,
  { words, lexicon }: { words: IntentWords; lexicon: boolean },
): Scored | undefined {
  const linked = linkedKeys(words.sequence, link);
  const namedByVerb =
    link.form.core.length === 1 &&
    link.form.verbs.includes(intent.verb) &&
    link.kind === "exact" &&
    words.own.every((word) => weakWords.has(word));
  const inOwn = namedByVerb || words.own.some((word) => linked.has(wordKey(word)));
  const inContext = !inOwn && words.context.some((word) => linked.has(wordKey(word)));
  if (!inOwn && !inContext && words.own.length > 0) return undefined;
  const fit = decideVerbFit(intent, link.item, words);
  const kindKeys = lexicon ? kindWords(words.text, link.item) : new Set<string>();
  const left = words.content.filter(
    (word) =>
      !linked.has(wordKey(word)) &&
      !weakWords.has(word) &&
      !describes(link, word) &&
      !kindKeys.has(wordKey(word)),
  );
  const covered = words.content.length === 0 ? 1 : 1 - left.length / words.content.length;
  const many = link.form.source !== "name" && link.item.unit.aliases.length > 3;
  const base = Math.min(baseOf[link.kind] - (link.form.source === "alias" ? 0.03 : 0), many ? 0.8 : 1);
  const context = inContext ? (link.item.verbs.has(intent.verb) && intent.verb !== "deploy" ? 0.93 : 0.5) : 1;
  const confidence = base * (0.5 + 0.5 * covered) * context * fitFactor(fit);
  return {
    item: link.item,
    confidence: round(inContext ? Math.max(0.32, confidence) : confidence),
    kind: link.kind,
    fit,
    evidence: linkEvidence(link, { left, fit, intent }),
  };
}

const fitFactor = (fit: VerbFit): number => (fit === "yes" ? 1 : fit === "unknown" ? 0.84 : 0.6);

/** Whether a unit's own texts explain a word that its name does not. */
const describes = (link: Link, word: string): boolean => (link.item.words.get(wordKey(word)) ?? 0) >= 0.6;

const round = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

type LinkFacts = { left: readonly string[]; fit: VerbFit; intent: Intent };

function linkEvidence(link: Link, { left, fit, intent }: LinkFacts): string {
  const named = link.form.source === "alias" ? "It is also called" : "Its name is";
  const how = {
    exact: "",
    permuted: " (in other words)",
    weak: " (in short)",
    typo: " (spelt differently)",
    head: " (its last part is said)",
  }[link.kind];
  const missing = left.slice(0, 3).map((word) => `"${word}"`);
  const doubts = missing.length === 0 ? [] : [`nothing in it says ${missing.join(" or ")}`];
  if (fit !== "yes") {
    const does = [...link.item.verbs].map(verbPhrase).join(", ");
    doubts.push(`${does === "" ? "" : `it ${does}; `}it does not say that it ${verbPhrase(intent.verb)}`);
  }
  return `${named} "${link.form.written}"${how}${doubts.length === 0 ? "" : `, but ${doubts.join(", and ")}`}.`;
}

/** Confidence from shared words is capped below the gate: it can only be asked about. */
function scoreRanked({ item, score, shared, kind }: Ranked, intent: Intent): Scored {
  const fit: VerbFit =
    item.verbs.size === 0 || item.verbs.has(intent.verb) || intent.verb === "other" ? "yes" : "no";
  const confidence = round(Math.min(0.8, score * 0.85) * (fit === "yes" ? 1 : 0.75));
  const words = shared
    .slice(0, 4)
    .map((word) => `"${word}"`)
    .join(", ");
  const evidence = kind === null ? `Its name or description has ${words}.` : `It is known as a ${kind}.`;
  return { item, confidence, kind: "lexical", fit, evidence };
}
