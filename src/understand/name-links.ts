import { serviceKinds } from "./kinds.ts";
import { isAmbiguous } from "./products/ambiguous-names.ts";
import { findProduct } from "./products/products.ts";
import { commonHeads, weakWords } from "./lexicon.ts";
import { editDistance, forgivenEdits } from "./similarity.ts";
import type { Entry, IndexedUnit, NameForm, UnitIndex } from "./unit-index.ts";
import { canonicalWord, isWishVerb, joined, wordKey, wordsOf } from "./words.ts";

/** `product`: another name of the same known product. `slip`: a slip in a name so short that it may be another word. */
export type LinkKind = "exact" | "permuted" | "weak" | "product" | "typo" | "slip" | "head";

/** A place in the wish where a name of a unit stands. `from` and `to` are word positions. */
export type Link = {
  readonly item: IndexedUnit;
  readonly form: NameForm;
  readonly kind: LinkKind;
  readonly from: number;
  readonly to: number;
};

/** Links between the words of a wish and names of units, word by word: "all" is not in "install". */
export function findLinks(
  { sequence, contextFrom }: { sequence: readonly string[]; contextFrom: number },
  index: UnitIndex,
  lexicon = true,
): Link[] {
  const links: Link[] = [];
  const capped = sequence.slice(0, 60);
  for (let from = 0; from < capped.length; from += 1) {
    for (let to = from + 1; to <= Math.min(capped.length, from + 7); to += 1) {
      const window = capped.slice(from, to);
      const key = joined(window);
      const add = (kind: LinkKind, entries: readonly Entry[] | undefined): void => {
        for (const { item, form } of entries ?? []) links.push({ item, form, kind, from, to });
      };
      add("exact", index.exact.get(key));
      add("weak", index.weak.get(key));
      if (isTellingHead(window)) add("head", oneName(index.heads.get(key)));
    }
  }
  links.push(...permutedLinks(capped, contextFrom, index));
  if (lexicon) links.push(...productLinks(capped, index, [...links]));
  const strong = links.filter((link) => link.kind !== "head");
  links.push(...typoLinks(capped, { index, strong, lexicon }));
  return keepLongest(links);
}

/** "hass" is Home Assistant: units of the product that words name by another name. Short ones mean too much ("npm", "pg"). */
function productLinks(words: readonly string[], index: UnitIndex, links: readonly Link[]): Link[] {
  const found: Link[] = [];
  for (let from = 0; from < words.length; from += 1) {
    for (let to = from + 1; to <= Math.min(words.length, from + 4); to += 1) {
      const window = words.slice(from, to);
      const key = joined(window);
      const product = key.length < 4 ? undefined : findProduct(window);
      if (product === undefined || isAmbiguous(key, product.name)) continue;
      // A unit that has the very name goes before others that are the same product.
      if (links.some((link) => link.from <= from && link.to >= to)) continue;
      for (const item of index.byProduct.get(product) ?? []) {
        const form = item.names.find(
          ({ core, full }) => findProduct(full) === product || findProduct(core) === product,
        );
        if (form !== undefined && item.unit.aliases.length <= 3)
          found.push({ item, form, kind: "product", from, to });
      }
    }
  }
  return found;
}

/** "Kuma" may stand for one unit only. A playbook that names another one's service does not make it two. */
function oneName(entries: readonly Entry[] | undefined): readonly Entry[] | undefined {
  if (entries === undefined || entries.length < 2) return entries;
  const named = entries.filter(({ form }) => form.source === "name");
  const names = new Set(entries.map(({ form }) => joined(form.full)));
  return named.length === 1 && names.size === 1 ? named : undefined;
}

const knownProducts = new Set(
  serviceKinds.flatMap(({ names }) => names.map((name) => joined(wordsOf(name)))),
);

/** Whether words may stand for a longer name that ends with them: "Kuma" for "uptime-kuma", but not "server" for "web-server". */
const isTellingHead = (window: readonly string[]): boolean => {
  /* "nginx" is a product of its own; it does not stand for "mosquitto-nginx". */
  if (knownProducts.has(joined(window))) return false;
  const last = window[window.length - 1] ?? "";
  const telling = window.filter(
    (word) => !commonHeads.has(word) && !weakWords.has(word) && !isWishVerb(word),
  );
  return (
    telling.length > 0 &&
    (window.length > 1 ||
      (last.length >= 3 && !commonHeads.has(last) && !weakWords.has(last) && !isWishVerb(last)))
  );
};

/** All words of a name in another order ("bedrock minecraft server"), or partly in the context ("portals" of "kuma"). */
function permutedLinks(words: readonly string[], contextFrom: number, index: UnitIndex): Link[] {
  const keys = words.map(canonicalWord);
  const links: Link[] = [];
  const met = new Map<NameForm, { item: IndexedUnit; count: number }>();
  for (const word of new Set(keys)) {
    for (const { item, form } of index.byWord.get(word) ?? []) {
      const before = met.get(form);
      met.set(form, { item, count: (before?.count ?? 0) + 1 });
    }
  }
  for (const [form, { item, count }] of met) {
    if (count < 2) continue;
    const needed = form.core.filter((word) => !weakWords.has(word)).map(canonicalWord);
    if (needed.length < 2) continue;
    const places = needed.map((word) => keys.indexOf(word));
    if (places.includes(-1) || new Set(places).size !== places.length) continue;
    const from = Math.min(...places);
    const to = Math.max(...places) + 1;
    const across = from < contextFrom && to > contextFrom;
    if (across || to - from <= needed.length + 1) links.push({ item, form, kind: "permuted", from, to });
  }
  return links;
}

/** Names with a slip of the keyboard; only words that are not part of a proper link, and no words that mean something else. */
function typoLinks(
  words: readonly string[],
  { index, strong, lexicon }: { index: UnitIndex; strong: readonly Link[]; lexicon: boolean },
): Link[] {
  const links: Link[] = [];
  const taken = new Set(
    strong.flatMap((link) => words.map((_, at) => at).filter((at) => at >= link.from && at < link.to)),
  );
  for (let from = 0; from < words.length; from += 1) {
    for (let to = from + 1; to <= Math.min(words.length, from + 3); to += 1) {
      const window = words.slice(from, to);
      if (window.some((word, at) => taken.has(from + at))) continue;
      if (
        window.length === 1 &&
        (commonHeads.has(window[0] ?? "") || weakWords.has(window[0] ?? "") || isWishVerb(window[0] ?? ""))
      )
        continue;
      const key = joined(window);
      if (key.length < 5 || (lexicon && findProduct(window) !== undefined)) continue;
      for (const [name, entries] of namesNear(key.length, index)) {
        const limit = forgivenEdits(Math.max(key.length, name.length));
        if (Math.abs(name.length - key.length) > limit || name.length < 5 || !startsAlike(name, key))
          continue;
        if (editDistance(name, key, limit) > limit) continue;
        const kind = name.length < 7 && !isSafeSlip(name, key) ? "slip" : "typo";
        for (const { item, form } of entries) links.push({ item, form, kind, from, to });
      }
    }
  }
  return links;
}

const namesNear = (length: number, index: UnitIndex): (readonly [string, readonly Entry[]])[] =>
  [-2, -1, 0, 1, 2].flatMap((off) => index.byLength.get(length + off) ?? []);

/** A slip rarely hits the first letters: one of the first two must agree with the name's. */
const startsAlike = (name: string, key: string): boolean =>
  name.charAt(0) === key.charAt(0) ||
  (name.charAt(1) === key.charAt(1) && name.length >= 8) ||
  (name.charAt(0) === key.charAt(1) && name.charAt(1) === key.charAt(0));

/** Neighbours swapped, or a letter doubled or halved: in short names other slips make other names ("radarr", "readarr"). */
function isSafeSlip(name: string, key: string): boolean {
  const single = (word: string): string => word.replace(/(.)\1+/g, "$1");
  return single(name) === single(key) || (name.length === key.length && sorted(name) === sorted(key));
}

const sorted = (word: string): string => [...word].sort().join("");

const strength: Readonly<Record<LinkKind, number>> = {
  exact: 4,
  permuted: 3,
  weak: 3,
  product: 3,
  typo: 2,
  slip: 2,
  head: 1,
};

/** The longest name wins over names inside it; on the same words the better kind of link wins; one link per unit. */
function keepLongest(links: readonly Link[]): Link[] {
  const kept = links.filter((link) => !links.some((other) => other !== link && isCoveredBy(link, other)));
  const best = new Map<string, Link>();
  for (const link of kept) {
    const before = best.get(link.item.unit.id);
    if (before === undefined || rankOf(link) > rankOf(before)) best.set(link.item.unit.id, link);
  }
  return [...best.values()];
}

const rankOf = (link: Link): number =>
  strength[link.kind] * 100 + (link.to - link.from) * 10 + (link.form.source === "name" ? 5 : 0);

function isCoveredBy(link: Link, other: Link): boolean {
  const inside = link.from >= other.from && link.to <= other.to;
  if (!inside) return false;
  const longer = other.to - other.from > link.to - link.from;
  if (longer)
    return (
      other.kind === "exact" ||
      (other.kind === "typo" && strength[link.kind] <= 2) ||
      (strength[other.kind] >= 3 && link.kind !== "exact") ||
      (other.kind === "permuted" && link.item !== other.item)
    );
  if (link.item === other.item) return strength[other.kind] > strength[link.kind];
  return strength[other.kind] >= 3 && strength[link.kind] <= 2;
}

/** Keys of the words that a link explains. */
export const linkedKeys = (words: readonly string[], link: Link): Set<string> =>
  new Set(words.slice(link.from, link.to).map(wordKey));
