import type { Unit } from "../contracts/catalogue.ts";
import type { Intent, MatchedIntent } from "../contracts/intent.ts";
import type { Verb } from "../contracts/vocabulary.ts";
import { namedProduct } from "./absent-product.ts";
import type { NamedProduct } from "./absent-product.ts";
import { isOwnWork } from "./asked.ts";
import { confidenceByWords } from "./calibrate.ts";
import { decideGate } from "./gate.ts";
import type { Scored } from "./gate.ts";
import { findFactsUnits, onlyLooks, readFactsWish } from "./facts-wish.ts";
import { readIntent } from "./intent-words.ts";
import type { IntentWords } from "./intent-words.ts";
import { foreignLanguage } from "./language.ts";
import { confirmOperation, findLearned, scoreLearned } from "./learned.ts";
import type { LearnedAliases } from "./learned.ts";
import { findLinks, linkedKeys } from "./name-links.ts";
import type { Link } from "./name-links.ts";
import { findOperation } from "./operation-choice.ts";
import { readPortalWish, splitPortalWishes } from "./portal-wishes.ts";
import type { PortalWish } from "./portal-wishes.ts";
import { rankUnits, tieOrder } from "./ranking.ts";
import type { Ranked } from "./ranking.ts";
import { round, scoreLink } from "./score-link.ts";
import { indexUnits } from "./unit-index.ts";
import type { IndexedUnit, UnitIndex } from "./unit-index.ts";
import { findByPath } from "./unit-paths.ts";
import { decideVerbFit, verbPhrase } from "./verb-fit.ts";
import type { VerbFit } from "./verb-fit.ts";
import { everything } from "./lexicon.ts";
import { wordKey } from "./words.ts";

/** What there is to match against. `operations` are Chiffon's own units, `hosts` names of the inventory. */
export type MatchCatalogue = {
  /** The index is kept with this list: an unchanged catalogue should give the same one. */
  readonly units: readonly Unit[];
  readonly operations: readonly Unit[];
  readonly hosts: readonly string[];
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
  const alarming = intents.some(
    (intent) => readIntent(intent, catalogue.hosts).dangerous || foreignLanguage(intent.text) !== undefined,
  );
  const lexicon = options.lexicon !== false;
  const context = { catalogue, index, lexicon, alarming, learned: options.learned };
  const read: Intent[] = [];
  return splitPortalWishes(intents, index).map((intent) => {
    // Its words mean something else in English, or nothing: told as such instead of guessed at.
    if (foreignLanguage(intent.text) !== undefined)
      return { ...intent, decision: "none", confidence: 0, method: "none", candidates: [] };
    const wish = readPortalWish(intent, read, index);
    read.push(wish?.intent ?? intent);
    if (wish !== undefined) return matchPortalWish(wish, context);
    const facts = readFactsWish(intent, catalogue.hosts);
    return facts === undefined ? matchIntent(intent, context) : matchFactsWish(facts, context);
  });
}

/** `alarming`: some wish of the request can do damage or is not understood (another language): nothing in it is automatic. */
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
  const links = findLinks(words, index, lexicon);
  for (const link of links) {
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
  const named = lexicon ? namedProduct(intent, index) : undefined;
  const absent = named?.units.length === 0 ? named : undefined;
  const explained = explainedKeys(links, words);
  for (const ranked of rankUnits(intent, { index, lexicon, hosts: catalogue.hosts }).slice(0, 40)) {
    if (absent !== undefined && ranked.shared.every((word) => absent.words.includes(word))) continue;
    const entry = scoreRanked(ranked, intent, explained);
    keep(absent === undefined ? entry : { ...entry, confidence: round(entry.confidence * absentFactor) });
  }
  if (absent !== undefined) for (const entry of sameKind(absent, context)) keep(entry);
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
        confidence: 0.2,
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
    .sort((a, b) => b.confidence - a.confidence || tieOrder(a.item, b.item));
  const operation = confirmOperation(findOperation(intent, words, catalogue), alias);
  const outcome = decideGate({ intent, words, scored: ordered, operation, alarming });
  return { ...intent, ...outcome, candidates: outcome.candidates.slice(0, maxCandidates) };
}

/** A product that is named and not there: what only sounds like it is worth little. */
const absentFactor = 0.25;

/** Units for the same need as a product that is not there: named, so that a person hears what there is instead. */
function sameKind({ product }: NamedProduct, { index, lexicon, catalogue }: Context): Scored[] {
  const need: Intent = {
    text: product.does,
    verb: "other",
    target: product.does,
    hosts: [],
    params: {},
    after: [],
    condition: null,
  };
  return rankUnits(need, { index, lexicon, hosts: catalogue.hosts })
    .filter(({ item, score }) => score >= leastLikeness && item.unit.aliases.length <= 3)
    .slice(0, 3)
    .map(({ item, score, shared }) => ({
      item,
      confidence: round(0.16 + 0.1 * Math.min(1, score)),
      kind: "lexical",
      fit: "no",
      evidence: `It is no ${product.name}, but of the same kind: both have ${quoted(shared)}.`,
    }));
}

/** So much of what a missing product does must be said of another one. */
const leastLikeness = 0.4;

/** Words that a whole name already explains: they say nothing for units that only have one of them. */
function explainedKeys(links: readonly Link[], words: IntentWords): ReadonlySet<string> {
  const strong = links.filter(
    ({ kind, form }) => form.source === "name" && (kind === "exact" || kind === "weak"),
  );
  return new Set(strong.flatMap((link) => [...linkedKeys(words.sequence, link)]));
}

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

/** Confidence from shared words is capped below the gate: it can only be asked about. */
function scoreRanked(
  { item, score, shared, kind }: Ranked,
  intent: Intent,
  explained: ReadonlySet<string>,
): Scored {
  const fit: VerbFit =
    item.verbs.size === 0 || item.verbs.has(intent.verb) || intent.verb === "other" ? "yes" : "no";
  const borrowed = explained.size > 0 && shared.every((word) => explained.has(wordKey(word)));
  const raw = Math.min(0.8, score * 0.85) * (borrowed ? 0.5 : 1) * (isOwnWork(intent) ? 0.4 : 1);
  const confidence = round(confidenceByWords(raw) * (fit === "yes" ? 1 : 0.75));
  const evidence =
    kind === null ? `Its name or description has ${quoted(shared)}.` : `It is known as a ${kind}.`;
  return { item, confidence, kind: "lexical", fit, evidence };
}

const quoted = (words: readonly string[]): string =>
  words
    .slice(0, 4)
    .map((word) => `"${word}"`)
    .join(", ");
