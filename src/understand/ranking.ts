import { askedTerms } from "./asked.ts";
import type { Term } from "./asked.ts";
import type { Intent } from "../contracts/intent.ts";
import { serviceKinds } from "./kinds.ts";
import { searchIndexOf, soundings } from "./search-index.ts";
import type { SearchIndex } from "./search-index.ts";
import { editDistance, forgivenEdits, trigramSimilarity } from "./similarity.ts";
import { tellingNames, type IndexedUnit, type UnitIndex } from "./unit-index.ts";
import { joined, wordKey, wordsOf } from "./words.ts";

/** How well the words of a wish fit the texts of a unit: 0..1, and which words did. Never enough for an automatic pick. */
export type Ranked = {
  readonly item: IndexedUnit;
  readonly score: number;
  readonly shared: readonly string[];
  readonly kind: string | null;
};

type Options = { index: UnitIndex; lexicon: boolean; hosts: readonly string[] };

/** Orders units by the words they share with a wish; the best first, only those that share something. */
export function rankUnits(intent: Intent, { index, lexicon, hosts }: Options): Ranked[] {
  const search = searchIndexOf(index, lexicon);
  const terms = withPairs(askedTerms(intent, hosts, lexicon), search);
  const found = new Map<IndexedUnit, { sum: number; shared: string[] }>();
  let total = 0;
  for (const term of terms) {
    const hits = hitsOf(term, { search, index });
    const weight = term.share * weightOf(term, hits, search);
    total += weight;
    for (const [item, hit] of hits) {
      const entry = found.get(item) ?? { sum: 0, shared: [] };
      found.set(item, entry);
      entry.sum += weight * hit;
      if (hit >= 0.2) entry.shared.push(term.word);
    }
  }
  const kinds = lexicon ? kindsSaid(`${intent.text} ${intent.target}`) : [];
  const ranked: Ranked[] = [];
  for (const [item, { sum, shared }] of found) {
    const score = total === 0 ? 0 : sum / total;
    const kind = kinds.find((said) => isOfKind(item, said));
    // Of several that are such a thing, the one that says more of the words comes first.
    const lifted = kind === undefined ? score : Math.max(score, 0.5 + 0.4 * score);
    if (lifted > 0.05)
      ranked.push({ item, score: lifted, shared: [...new Set(shared)], kind: kind?.said ?? null });
  }
  return ranked.sort((a, b) => b.score - a.score || tieOrder(a.item, b.item));
}

/** Of two units that fit equally well the one that does more, the one that can be run, then any order that stays. */
export function tieOrder({ unit: a }: IndexedUnit, { unit: b }: IndexedUnit): number {
  const runs = Number(a.problem !== null) - Number(b.problem !== null);
  const fuller = a.name === b.name ? b.tags.length - a.tags.length : 0;
  return runs || fuller || (a.id < b.id ? -1 : 1);
}

/** Neighbours that are one word elsewhere ("web mail"), or, turned round, a name ("rotate the logs": logrotate). */
function withPairs(terms: readonly Term[], { postings }: SearchIndex): Term[] {
  return terms.map((term) => {
    const pairs = terms
      .filter((other) => other !== term)
      .flatMap((other) => [
        term.word + other.word,
        other.word + term.word,
        term.key + other.key,
        other.key + term.key,
      ])
      .map(wordKey)
      .filter((pair) => pair.length >= 6 && postings.has(pair));
    return pairs.length === 0 ? term : { ...term, pairs };
  });
}

type Known = { search: SearchIndex; index: UnitIndex };
type Asked = Term & { readonly pairs?: readonly string[] };

/** Units that a word of a wish speaks for, and how much. */
function hitsOf(term: Asked, { search, index }: Known): Map<IndexedUnit, number> {
  const hits = new Map<IndexedUnit, number>();
  const add = (item: IndexedUnit, weight: number): void => {
    if (weight > (hits.get(item) ?? 0)) hits.set(item, weight);
  };
  const keys = new Map([...soundings(term, search), ...(term.pairs ?? []).map((pair) => [pair, 1] as const)]);
  for (const [key, weight] of keys)
    for (const [item, place] of search.postings.get(key) ?? []) add(item, weight * place);
  for (const item of similarUnits(term.word, index)) add(item, 0.6);
  return hits;
}

/** Rare words say more. A word that no unit has is as good as one of two or three units: strange wishes fit little. */
function weightOf(term: Term, hits: ReadonlyMap<IndexedUnit, number>, search: SearchIndex): number {
  const own = search.postings.get(term.key)?.size ?? 0;
  const spread = own > 0 ? own : hits.size > 0 ? Math.max(2.5, hits.size / 2) : 2.5;
  return Math.log(1 + (search.size + 1) / (spread + 0.5)) + 0.2;
}

/** Units with a word in their name that differs by a slip of the keyboard. */
function similarUnits(word: string, index: UnitIndex): Set<IndexedUnit> {
  const limit = forgivenEdits(word.length);
  const found = new Set<IndexedUnit>();
  if (limit === 0) return found;
  for (const [other, entries] of index.byWord) {
    if (
      other.length < 4 ||
      Math.abs(other.length - word.length) > limit ||
      editDistance(word, other, limit) > limit
    )
      continue;
    if (trigramSimilarity(word, other) >= 0.4) for (const { item } of entries) found.add(item);
  }
  return found;
}

type Said = { said: string; keys: readonly string[]; names: ReadonlySet<string> };

const kindTable: readonly Said[] = serviceKinds.flatMap(({ said, names }) => {
  const joinedNames = new Set(names.map((name) => joined(wordsOf(name))));
  return said.map((phrase) => ({ said: phrase, keys: wordsOf(phrase).map(wordKey), names: joinedNames }));
});

/** Kinds of service that a text speaks of in several words, the longest phrase first. */
const kindsSaid = (text: string): Said[] => kindsIn(text).filter(({ keys }) => keys.length > 1);

function kindsIn(text: string): Said[] {
  const keys = wordsOf(text).map(wordKey);
  return kindTable
    .filter(({ keys: phrase }) =>
      keys.some((_, at) => phrase.every((key, offset) => keys[at + offset] === key)),
    )
    .sort((a, b) => b.keys.length - a.keys.length);
}

const isOfKind = (item: IndexedUnit, { names }: Said): boolean =>
  tellingNames(item.unit, item.names).some(
    (form) => names.has(joined(form.core)) || names.has(joined(form.full)),
  );

/** Words of a kind of service that a text names beside the unit: "mosquitto mqtt", "nginx web server". */
export function kindWords(text: string, item: IndexedUnit): Set<string> {
  const kinds = kindsIn(text).filter(({ names }) =>
    item.names.some((form) => names.has(joined(form.core)) || names.has(joined(form.full))),
  );
  return new Set(kinds.flatMap(({ said }) => wordsOf(said).map(wordKey)));
}
