import type { Intent } from "../contracts/intent.ts";
import { knownServices, nearWords } from "./thesaurus.ts";
import { stopWords, weakWords } from "./lexicon.ts";
import { isWishVerb, wordKey, wordsOf } from "./words.ts";

/** A word that a wish is searched by. */
export type Term = {
  readonly word: string;
  readonly key: string;
  /** What it says about the thing: 1 for its own words, less for what stands beside it ("for my friends"). */
  readonly share: number;
  /** Keys of words that mean nearly the same; none when the lexicon is off. */
  readonly near: readonly string[];
};

/** Verbs that every wish may have; they say nothing about the thing. */
const plainVerbs = new Set(
  `deploy redeploy install reinstall setup provision create build rebuild host launch put get grab add introduce ship want need
  give like configure reconfigure set change adjust modify edit manage enable make apply use run execute trigger take do perform
  start stop restart have let help allow tell show which what find see look switch is are fix update upgrade go keep open
  installing deploying running using adding getting making setting doing`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

const vague = new Set(
  `something somehow somewhere anything everything way place own simple easy good nice best better great cool free modern
  alternative replacement instead self hosted selfhosted hosting software program solution tool app application service thing
  system platform server personal private kind sort type option like similar based able way old little bit lot lots`.split(
    /\s+/,
  ),
);

/** What a thing does for people in general: half a word. */
const generic = new Set(
  "manager management manage client admin interface ui online web tool handler".split(" "),
);

/** Where and for whom a thing is wished says little of what it is. */
const surroundings = new Set(
  "home house household family families friend friends people person office work day today life room guests kids".split(
    " ",
  ),
);

/** Parameters that hold values, not words about the thing. */
const valueKeys = new Set(["version", "port", "time", "path", "url", "not", "domain", "email", "password"]);

/** More words of one wish, and longer ones, are not searched for. */
const mostWords = 40;
const longestWord = 40;

/** The words that a wish is searched by: its thing, what is said beside it, and a verb that says more than "install". */
export function askedTerms(intent: Intent, hosts: readonly string[], lexicon: boolean): Term[] {
  const known = new Set(hosts.flatMap(wordsOf));
  const values = new Set(
    Object.entries(intent.params).flatMap(([key, value]) => (valueKeys.has(key) ? wordsOf(value) : [])),
  );
  // "keep an eye on the stocks": of a need without a verb of wishes, "on" names no hosts.
  const places = intent.verb === "other" ? intent.hosts.filter((host) => !hosts.includes(host)) : [];
  const own = [...wordsOf(intent.target), ...places.flatMap(wordsOf)];
  const beside = new Set(
    [
      ...Object.entries(intent.params).flatMap(([key, value]) => (valueKeys.has(key) ? [] : wordsOf(value))),
      ...intent.hosts.flatMap(wordsOf),
      ...wordsOf(intent.condition ?? ""),
    ].filter((word) => !own.includes(word)),
  );
  const said = [...new Set([...wordsOf(intent.text), ...own, ...wordsOf(intent.condition ?? "")])];
  const terms: Term[] = [];
  for (const word of said.slice(0, mostWords).filter(({ length }) => length <= longestWord)) {
    const share = shareOf(word, { own: own.includes(word), beside: beside.has(word) });
    if (share === 0 || (values.has(word) && !own.includes(word)) || (known.has(word) && !own.includes(word)))
      continue;
    terms.push({ word, key: wordKey(word), share, near: lexicon ? nearOf(word) : [] });
  }
  const firm = terms.some(({ share }) => share >= 0.5)
    ? terms
    : terms.filter(({ share }) => share >= 0.3).map((term) => ({ ...term, share: 1 }));
  return lexicon ? withServices(firm, intent.text) : firm;
}

/** "the company website", "my client's shop": something that somebody made, not a product that a playbook would be for. */
export const isOwnWork = (intent: Intent): boolean =>
  wordsOf(intent.target).some((word) => possessors.has(word));

const possessors = new Set("company companys corporate employer boss clients customers colleague".split(" "));

const weakShare = 0.4;
const besideShare = 0.5;

function shareOf(word: string, { own, beside }: { own: boolean; beside: boolean }): number {
  if (stopWords.has(word) || word.length < 2 || /^\d+$/.test(word)) return 0;
  if (plainVerbs.has(word)) return 0;
  if (vague.has(word)) return 0.12;
  if (surroundings.has(word)) return 0.25;
  const weak = generic.has(word) ? 0.5 : weakWords.has(word) ? weakShare : 1;
  if (own) return weak;
  if (beside) return besideShare * weak;
  return isWishVerb(word) ? 0.6 : weak;
}

let nearIndex: ReadonlyMap<string, readonly string[]> | undefined;

function nearOf(word: string): readonly string[] {
  nearIndex ??= indexNear();
  return nearIndex.get(wordKey(word)) ?? [];
}

function indexNear(): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const line of nearWords) {
    const keys = [...new Set(line.split(" ").map(wordKey))];
    for (const key of keys)
      index.set(key, [...(index.get(key) ?? []), ...keys.filter((other) => other !== key)]);
  }
  return index;
}

const services = knownServices.map(([name, does]) => ({
  words: wordsOf(name),
  keys: [...new Set(wordsOf(does).map(wordKey))],
}));

/** "like google photos": the name is no word to search by, what it does is. */
function withServices(terms: readonly Term[], text: string): Term[] {
  const said = wordsOf(text);
  const named = services.filter(({ words }) =>
    said.some((_, at) => words.every((word, offset) => said[at + offset] === word)),
  );
  if (named.length === 0) return [...terms];
  const taken = new Set(named.flatMap(({ words }) => words));
  const own = new Set(terms.map(({ key }) => key));
  return [
    ...terms.map((term) => (taken.has(term.word) ? { ...term, share: term.share * 0.5 } : term)),
    ...named.flatMap(({ keys }) =>
      keys.filter((key) => !own.has(key)).map((key) => ({ word: key, key, share: 0.7, near: [] })),
    ),
  ];
}
