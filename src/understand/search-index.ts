import { serviceKinds } from "./kinds.ts";
import { trigramSimilarity } from "./similarity.ts";
import { tellingNames, type IndexedUnit, type UnitIndex } from "./unit-index.ts";
import { joined, wordKey, wordsOf } from "./words.ts";

/** Where a word stands: units with it, each with the weight of the place (name, description, what its product does). */
type Postings = ReadonlyMap<string, ReadonlyMap<IndexedUnit, number>>;

/** What words of wishes are looked up in. */
export type SearchIndex = {
  readonly postings: Postings;
  /** Words by their first three letters, for words that only begin alike ("record", "recorder"). */
  readonly byStart: ReadonlyMap<string, readonly string[]>;
  readonly size: number;
};

/** A word that the lexicon says of a product counts nearly as much as one of the unit's own description. */
const doesWeight = 0.7;
/** Two words of a text written together: "help desk" is found by "helpdesk". */
const pairWeight = 0.9;

const known = new WeakMap<UnitIndex, Map<boolean, SearchIndex>>();

/** The words of all units of a catalogue, with or without those of the lexicon; made once. */
export function searchIndexOf(index: UnitIndex, lexicon: boolean): SearchIndex {
  const made = known.get(index) ?? new Map<boolean, SearchIndex>();
  known.set(index, made);
  const before = made.get(lexicon);
  if (before !== undefined) return before;
  const search = build(index, lexicon);
  made.set(lexicon, search);
  return search;
}

function build(index: UnitIndex, lexicon: boolean): SearchIndex {
  const postings = new Map<string, Map<IndexedUnit, number>>();
  const add = (key: string, item: IndexedUnit, weight: number): void => {
    const list = postings.get(key) ?? new Map<IndexedUnit, number>();
    postings.set(key, list);
    if ((list.get(item) ?? 0) < weight) list.set(item, weight);
  };
  for (const item of index.items) {
    const whole = item.unit.aliases.length > 3;
    for (const [key, weight] of item.words) add(key, item, whole && weight < 1 ? weight * 0.4 : weight);
    for (const form of tellingNames(item.unit, item.names)) addPairs(form.full, item, { add, weight: 1 });
    addPairs(wordsOf(item.unit.description.slice(0, 300)), item, { add, weight: whole ? 0.3 : 0.75 });
    if (!lexicon) continue;
    for (const key of item.does) add(key, item, doesWeight);
    for (const key of kindKeysOf(item)) add(key, item, doesWeight);
  }
  const byStart = new Map<string, string[]>();
  for (const key of postings.keys()) {
    if (key.length < 4) continue;
    const start = key.slice(0, 3);
    const list = byStart.get(start);
    if (list === undefined) byStart.set(start, [key]);
    else list.push(key);
  }
  return { postings, byStart, size: index.items.length };
}

type Adder = { add: (key: string, item: IndexedUnit, weight: number) => void; weight: number };

function addPairs(words: readonly string[], item: IndexedUnit, { add, weight }: Adder): void {
  for (let at = 0; at + 1 < words.length; at += 1) {
    const pair = `${words[at] ?? ""}${words[at + 1] ?? ""}`;
    if (pair.length >= 6 && pair.length <= 24) add(wordKey(pair), item, weight * pairWeight);
  }
}

const kindsByName = new Map<string, string[]>();
for (const { said, names } of serviceKinds)
  for (const name of names.map((each) => joined(wordsOf(each))))
    kindsByName.set(name, [...(kindsByName.get(name) ?? []), ...said.flatMap(wordsOf).map(wordKey)]);

const kindKeysOf = (item: IndexedUnit): string[] =>
  tellingNames(item.unit, item.names).flatMap((form) => [
    ...(kindsByName.get(joined(form.core)) ?? []),
    ...(kindsByName.get(joined(form.full)) ?? []),
  ]);

/** Keys that stand for a word: itself, words that only look like it, and words that mean nearly the same, each with how much. */
export function soundings(
  term: { key: string; near: readonly string[] },
  search: SearchIndex,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>([[term.key, 1]]);
  const add = (key: string, weight: number): void => {
    if (weight > (found.get(key) ?? 0)) found.set(key, weight);
  };
  for (const key of term.near) add(key, nearWeight);
  if (term.key.length >= 3) {
    // A daemon is called like what it serves: "dhcpd", "sshd".
    if (search.postings.has(`${term.key}d`)) add(`${term.key}d`, daemonWeight);
  }
  if (term.key.length < 4) return found;
  for (const key of search.byStart.get(term.key.slice(0, 3)) ?? []) {
    const alike = likeness(term.key, key);
    if (alike >= leastLikeness) add(key, alike * 0.85);
  }
  return found;
}

const nearWeight = 0.55;
const daemonWeight = 0.9;
const leastLikeness = 0.5;

/** Words of one family begin alike: share of common trigrams, more when one is the beginning of the other. */
function likeness(a: string, b: string): number {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const grams = trigramSimilarity(a, b);
  return short.length >= 5 && long.startsWith(short) ? Math.max(grams, 0.75) : grams;
}
