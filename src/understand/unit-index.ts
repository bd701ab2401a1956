import type { Unit } from "../contracts/catalogue.ts";
import type { Verb } from "../contracts/vocabulary.ts";
import { compoundHeads, weakWords } from "./lexicon.ts";
import { findNounVerb, findWordVerb } from "./verbs.ts";
import { ambiguousNames } from "./products/ambiguous-names.ts";
import { findProduct } from "./products/products.ts";
import type { Product } from "./products/products.ts";
import { canonicalWord, joined, wordKey, wordsOf } from "./words.ts";

/** One name of a unit as people may say it. `core` leaves out the verb of "backup-folder" and words such as "playbook". */
export type NameForm = {
  readonly source: "name" | "alias" | "path";
  readonly written: string;
  readonly full: readonly string[];
  readonly core: readonly string[];
  readonly verbs: readonly Verb[];
  /** True for "site", "main", "all": says nothing about what the unit is for. */
  readonly general: boolean;
};

export type IndexedUnit = {
  readonly unit: Unit;
  readonly names: readonly NameForm[];
  readonly verbs: ReadonlySet<Verb>;
  /** True when a name of the unit itself says what it does ("kuma-config"). */
  readonly verbInName: boolean;
  /** Weight of every word (by key) that describes it. */
  readonly words: ReadonlyMap<string, number>;
  /** Words (by key) for what the product of its name does, from the lexicon; none when it is not a known product. */
  readonly does: ReadonlySet<string>;
  /** The known product that its name stands for. */
  readonly product: Product | undefined;
};

export type Entry = { readonly item: IndexedUnit; readonly form: NameForm };

export type UnitIndex = {
  readonly items: readonly IndexedUnit[];
  /** Names written together -> who has them; `exact` the whole or core name, `weak` without "server", "ng" and the like. */
  readonly exact: ReadonlyMap<string, readonly Entry[]>;
  readonly weak: ReadonlyMap<string, readonly Entry[]>;
  readonly heads: ReadonlyMap<string, readonly Entry[]>;
  /** Exact and weak names by their length, for slips of the keyboard. */
  readonly byLength: ReadonlyMap<number, readonly (readonly [string, readonly Entry[]])[]>;
  /** Words of core names -> who has them. */
  readonly byWord: ReadonlyMap<string, readonly Entry[]>;
  /** Units by the known product that their name stands for. */
  readonly byProduct: ReadonlyMap<Product, readonly IndexedUnit[]>;
};

const generalNames = new Set([
  "site",
  "main",
  "all",
  "playbook",
  "playbooks",
  "play",
  "run",
  "index",
  "default",
  "setup",
  "deploy",
  "install",
  "local",
  "common",
  "base",
  "everything",
  "master",
  "requirements",
  "hosts",
  "test",
  "tasks",
  "provision",
  "inventory",
  "vars",
]);

const indexes = new WeakMap<readonly Unit[], UnitIndex>();

/** Index of a list of units; built once per list object. */
export function indexUnits(units: readonly Unit[]): UnitIndex {
  const known = indexes.get(units);
  if (known !== undefined) return known;
  const items = units.map(indexUnit);
  const exact = new Map<string, Entry[]>();
  const weak = new Map<string, Entry[]>();
  const heads = new Map<string, Entry[]>();
  for (const item of items) for (const form of item.names) addForm({ item, form }, { exact, weak, heads });
  const index: UnitIndex = {
    items,
    exact,
    weak,
    heads,
    byProduct: productsOf(items),
    byLength: lengthsOf(exact, weak),
    byWord: coreWords(items),
  };
  indexes.set(units, index);
  return index;
}

function productsOf(items: readonly IndexedUnit[]): Map<Product, IndexedUnit[]> {
  const found = new Map<Product, IndexedUnit[]>();
  for (const item of items)
    if (item.product !== undefined) found.set(item.product, [...(found.get(item.product) ?? []), item]);
  return found;
}

function lengthsOf(...maps: readonly Map<string, Entry[]>[]): Map<number, [string, Entry[]][]> {
  const byLength = new Map<number, [string, Entry[]][]>();
  for (const [name, entries] of maps.flatMap((map) => [...map])) {
    const list = byLength.get(name.length);
    if (list === undefined) byLength.set(name.length, [[name, entries]]);
    else list.push([name, entries]);
  }
  return byLength;
}

function coreWords(items: readonly IndexedUnit[]): Map<string, Entry[]> {
  const byWord = new Map<string, Entry[]>();
  for (const item of items) {
    for (const form of item.names) {
      if (form.general) continue;
      for (const word of new Set(form.core.map(canonicalWord))) {
        const list = byWord.get(word);
        if (list === undefined) byWord.set(word, [{ item, form }]);
        else list.push({ item, form });
      }
    }
  }
  return byWord;
}

type Maps = { exact: Map<string, Entry[]>; weak: Map<string, Entry[]>; heads: Map<string, Entry[]> };

function addForm(entry: Entry, { exact, weak, heads }: Maps): void {
  const { form } = entry;
  if (form.general) return;
  for (const key of new Set([joined(form.full), joined(form.core)])) push(exact, key, entry);
  const strong = form.core.filter((word) => !weakWords.has(word) && !/^\d+$/.test(word));
  if (strong.length > 0 && strong.length < form.core.length) push(weak, joined(strong), entry);
  const short = [...form.core];
  while (short.length > 1 && weakWords.has(short[short.length - 1] ?? "")) short.pop();
  if (short.length < form.core.length) push(weak, joined(short), entry);
  for (let from = 1; from < form.core.length; from += 1) push(heads, joined(form.core.slice(from)), entry);
}

function push(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  if (key.length < 2) return;
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else if (!list.some((other) => other.item === entry.item)) list.push(entry);
}

function indexUnit(unit: Unit): IndexedUnit {
  const folder = unit.path.split("/").slice(-2, -1)[0] ?? "";
  const names = [
    nameForm(unit.name, "name"),
    ...unit.aliases.slice(0, 50).map((alias) => nameForm(alias, "alias")),
  ];
  const own = names[0];
  const verbs = new Set<Verb>([...unit.verbs, ...(own?.verbs ?? [])]);
  const words = new Map<string, number>();
  const add = (text: string, weight: number): void => {
    for (const word of wordsOf(text)) {
      const key = wordKey(word);
      if (word.length > 1 && (words.get(key) ?? 0) < weight) words.set(key, weight);
    }
  };
  add(unit.name, own?.general === true ? 0.2 : 1);
  unit.aliases.slice(0, 50).forEach((alias) => add(alias, 0.95));
  add(unit.description.slice(0, 600), 0.75);
  unit.tags.slice(0, 50).forEach((tag) => add(tag, 0.6));
  unit.plays.slice(0, 20).forEach((play) => add(play.name.slice(0, 120), 0.55));
  add(folder, 0.5);
  unit.plays
    .slice(0, 5)
    .flatMap((play) => play.ansibleTasks.slice(0, 30))
    .forEach((task) => add(task.name.slice(0, 80), 0.3));
  const telling = tellingNames(unit, names);
  const product = productOf(telling);
  const does = new Set(wordsOf((product ?? partProduct(telling))?.does ?? "").map(wordKey));
  return { unit, names, verbs, verbInName: (own?.verbs.length ?? 0) > 0, words, does, product };
}

/** A whole-site playbook has the names of all its roles; none of them says what it is itself. */
export const tellingNames = (unit: Unit, names: readonly NameForm[]): readonly NameForm[] =>
  unit.aliases.length > 3 ? names.filter((form) => form.source === "name") : names;

/** What a unit's own name means; its aliases only where the name is no product, because a role may belong to another one. */
function productOf(names: readonly NameForm[]): Product | undefined {
  for (const { core, full, general } of names) {
    const product = general ? undefined : (findProduct(full) ?? findProduct(core));
    if (product !== undefined) return product;
  }
  return undefined;
}

/** "backup_borg", "calibre_web_automated": the longest part of the name that is a product by itself. */
function partProduct([name]: readonly NameForm[]): Product | undefined {
  const words = name?.general === false ? name.full : [];
  for (let length = words.length - 1; length > 0; length -= 1) {
    for (let at = 0; at + length <= words.length; at += 1) {
      const product = findProduct(words.slice(at, at + length));
      if (product !== undefined && !ambiguousNames.has(product.name)) return product;
    }
  }
  return undefined;
}

function nameForm(written: string, source: NameForm["source"]): NameForm {
  const full = wordsOf(written.slice(0, 120).replace(/\.ya?ml$/i, ""));
  const verbs: Verb[] = [];
  let core = full.filter((word) => word !== "playbook" && word !== "role" && word !== "yml");
  const first = core[0] ?? "";
  const firstVerb = findWordVerb(first);
  const compound = compoundHeads[first]?.includes(core[1] ?? "") ?? false;
  if (core.length > 1 && firstVerb !== undefined && firstVerb.form === "base" && !compound) {
    verbs.push(firstVerb.verb);
    core = core.slice(1);
    if (core.length > 1 && /^(?:up|down|back|out|off|on)$/.test(core[0] ?? "")) core = core.slice(1);
  } else {
    const last = core[core.length - 1] ?? "";
    const lastVerb =
      last === "config"
        ? "configure"
        : (lastVerbOf(last) ?? (clearVerbs.has(last) ? findWordVerb(last)?.verb : undefined));
    if (core.length > 1 && lastVerb !== undefined && lastVerb !== "other") {
      verbs.push(lastVerb);
      core = core.slice(0, -1);
    }
  }
  if (core.length === 0) core = full;
  const only =
    core.length === 1 && verbs.length === 0 ? (findNounVerb(core[0] ?? "") ?? undefined) : undefined;
  if (only !== undefined) verbs.push(only);
  const general =
    full.length === 0 || (core.length === 1 && generalNames.has(core[0] ?? "") && full.length === 1);
  return { source, written, full, core, verbs, general };
}

const clearVerbs = new Set([
  "remove",
  "delete",
  "uninstall",
  "restore",
  "configure",
  "reload",
  "destroy",
  "purge",
]);

/** "upgrades" and "backups" name things; only the singular says what a playbook does. */
const lastVerbOf = (word: string): Verb | undefined => (word.endsWith("s") ? undefined : findNounVerb(word));
