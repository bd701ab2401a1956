import type { Intent } from "../contracts/intent.ts";
import { isAmbiguous } from "./products/ambiguous-names.ts";
import { findProduct } from "./products/products.ts";
import type { Product } from "./products/products.ts";
import type { IndexedUnit, UnitIndex } from "./unit-index.ts";
import { joined, wordsOf } from "./words.ts";

/** A known product that a wish names, and the units that are for it; none means that it is not there. */
export type NamedProduct = {
  readonly product: Product;
  readonly units: readonly IndexedUnit[];
  /** Words of the target, from and to, that name it. */
  readonly from: number;
  readonly to: number;
  readonly words: readonly string[];
};

const longestName = 5;

const saying = new WeakMap<IndexedUnit, string>();

/* Worked out once: a catalogue can have thousands. */
function wordsSaidBy(item: IndexedUnit): string {
  const known = saying.get(item);
  if (known !== undefined) return known;
  const said = ` ${wordsOf(item.unit.description).join(" ")} `;
  saying.set(item, said);
  return said;
}

/** Whether a playbook says itself what it is for ("Set up Loki for the logs"): many are called main.yml. */
const isSaidBy = (item: IndexedUnit, name: readonly string[]): boolean =>
  item.unit.kind === "playbook" && !item.unit.minor && wordsSaidBy(item).includes(` ${name.join(" ")} `);

/**
 * The known product that a wish names: its longest name, and only by a name that means nothing else. Words such as "vault" or
 * "ghost" name one only right behind "install" and "deploy".
 */
export function namedProduct({ target, text, verb }: Intent, index: UnitIndex): NamedProduct | undefined {
  const words = wordsOf(target).slice(0, 20);
  const installed = /\b(?:re)?(?:install|deploy)(?:ing)?\s+(\S+)/i.exec(text)?.[1]?.toLowerCase();
  for (let length = Math.min(longestName, words.length); length > 0; length -= 1) {
    for (let from = 0; from + length <= words.length; from += 1) {
      const said = words.slice(from, from + length);
      const product = findProduct(said);
      const key = joined(said);
      if (product === undefined) continue;
      const evident = length === words.length && wordsOf(installed ?? "")[0] === said[0];
      if (isAmbiguous(key, product.name) && !evident) continue;
      const named = (index.exact.get(key) ?? index.weak.get(key) ?? []).map(({ item }) => item);
      // "homeassistant-backup" is about the product; it is not the product.
      const own = [...new Set([...(index.byProduct.get(product) ?? []), ...named])];
      const units = (own.length > 0 ? own : index.items.filter((item) => isSaidBy(item, said))).filter(
        ({ verbInName, verbs }) => !verbInName || verbs.has(verb) || verb === "other",
      );
      return { product, units, from, to: from + length, words };
    }
  }
  return undefined;
}
