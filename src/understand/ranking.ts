import { serviceKinds } from "./kinds.ts";
import { weakWords } from "./lexicon.ts";
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

/** A word that the lexicon says of a product counts nearly as much as one of the unit's own description. */
const doesWeight = 0.7;

/** Orders units by the words they share with a wish; the best first, only those that share something. */
export function rankUnits(
  content: readonly string[],
  text: string,
  { index, lexicon }: { index: UnitIndex; lexicon: boolean },
): Ranked[] {
  const kinds = lexicon ? kindsSaid(text) : [];
  const weights = content.map((word) => ({
    word,
    key: wordKey(word),
    similar: similarUnits(word, index),
    weight: weightOf(wordKey(word), { index, lexicon }) * (weakWords.has(word) ? 0.3 : 1),
  }));
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const strange = strangeWeight({ index, lexicon }, weights);
  const ranked: Ranked[] = [];
  for (const item of index.items) {
    const forms = kinds.length === 0 ? [] : tellingNames(item.unit, item.names);
    const kind = kinds.find(({ names }) =>
      forms.some((form) => names.has(joined(form.core)) || names.has(joined(form.full))),
    );
    const shared: string[] = [];
    let sum = 0;
    for (const { word, key, weight, similar } of weights) {
      const own = item.words.get(key) ?? (similar.has(item) ? 0.6 : 0);
      const hit = lexicon && item.does.has(key) ? Math.max(own, doesWeight) : own;
      if (hit <= 0) continue;
      sum += weight * hit;
      shared.push(word);
    }
    // One word in common is little among strange ones; of two that belong together the strange ones take less away.
    const among = shared.length > 1 ? total - strange : total;
    const score = among === 0 ? 0 : sum / among;
    // Of several that are such a thing, the one that says more of the words comes first.
    const lifted = kind === undefined ? score : Math.max(score, 0.6 + 0.3 * score);
    if (lifted > 0.05) ranked.push({ item, score: lifted, shared, kind: kind?.said ?? null });
  }
  return ranked.sort((a, b) => b.score - a.score || (a.item.unit.id < b.item.unit.id ? -1 : 1));
}

/** Rare words say more; a word that no unit has says most, so that strange wishes fit nothing. */
function weightOf(key: string, { index, lexicon }: { index: UnitIndex; lexicon: boolean }): number {
  const spread = (lexicon ? index.spreadWithDoes : index.spread).get(key) ?? 0;
  return weightOfSpread(spread, index);
}

const weightOfSpread = (spread: number, index: UnitIndex): number =>
  Math.log(1 + (index.items.length + 1) / (spread + 0.5)) + 0.2;

/** What the words that not even the lexicon knows weigh too much: as many as a word of two or three units would. */
function strangeWeight(
  { index, lexicon }: { index: UnitIndex; lexicon: boolean },
  words: readonly { key: string; weight: number }[],
): number {
  if (!lexicon) return 0;
  const strange = words.filter(({ key }) => !index.spreadWithDoes.has(key));
  return strange.reduce(
    (sum, { weight }) => sum + weight * (1 - weightOfSpread(2.5, index) / weightOfSpread(0, index)),
    0,
  );
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

type Said = { said: string; names: ReadonlySet<string> };

const kindTable = serviceKinds.flatMap(({ said, names }) => {
  const joinedNames = new Set(names.map((name) => joined(wordsOf(name))));
  return said.map((phrase) => ({ said: phrase, keys: wordsOf(phrase).map(wordKey), names: joinedNames }));
});

/** Kinds of service that a text speaks of, the longest phrase first. */
function kindsSaid(text: string): Said[] {
  const keys = wordsOf(text).map(wordKey);
  return kindTable
    .filter(({ keys: phrase }) =>
      keys.some((_, at) => phrase.every((key, offset) => keys[at + offset] === key)),
    )
    .sort((a, b) => b.keys.length - a.keys.length);
}

/** Words of a kind of service that a text names beside the unit: "mosquitto mqtt", "nginx web server". */
export function kindWords(text: string, item: IndexedUnit): Set<string> {
  const kinds = kindsSaid(text).filter(({ names }) =>
    item.names.some((form) => names.has(joined(form.core)) || names.has(joined(form.full))),
  );
  return new Set(kinds.flatMap(({ said }) => wordsOf(said).map(wordKey)));
}
