import type { Intent } from "../contracts/intent.ts";
import type { Verb } from "../contracts/vocabulary.ts";
import { stopWords } from "./lexicon.ts";
import type { Scored } from "./gate.ts";
import type { OperationChoice } from "./operation-choice.ts";
import type { UnitIndex } from "./unit-index.ts";
import { isWishVerb, wordKey, wordsOf } from "./words.ts";

/** A wish as it is learned: what its words say besides verb, hosts and values, and the verb. */
export type WishKey = { readonly words: string; readonly verb: Verb };

/** What people have confirmed about the words of a wish, and the unit they meant. */
export type LearnedAlias = WishKey & {
  readonly unitId: string;
  /** What else was offered when it was chosen: these others do not make it doubtful, later ones do. */
  readonly rivals: ReadonlySet<string>;
  /** How it was learned, for a person: "you have chosen it twice". */
  readonly said: string;
};

/** Aliases by {@link wishKeyText}. Only those that count: learned, and of a unit that is as it was then. */
export type LearnedAliases = ReadonlyMap<string, LearnedAlias>;

const maxWords = 20;
const maxLength = 300;
/* Prepositions are parameters, too ("for photos"); their words say what is meant, those of a port do not. */
const values = new Set(
  (
    "port version domain hostname url user username email password branch timezone network size replicas database " +
    "path time"
  ).split(" "),
);

/**
 * The words by which a wish is learned, evened out and in order; undefined when nothing telling is left. Nothing that could
 * mean another unit is dropped: "a place for recipes" and "a place for photos" have different words. `hosts`: those of the
 * inventories.
 */
export function wishKeyOf(intent: Intent, hosts: readonly string[]): WishKey | undefined {
  const dropped = new Set([
    ...[...hosts, ...intent.hosts].flatMap(wordsOf),
    ...Object.entries(intent.params).flatMap(([key, value]) =>
      values.has(key) ? [...wordsOf(key), ...wordsOf(value)] : [],
    ),
  ]);
  const target = wordsOf(intent.target);
  const said = wordsOf(intent.text);
  const own = [...said, ...target.filter((word) => !said.includes(word))].filter(
    (word) =>
      (target.includes(word) && !stopWords.has(word)) ||
      (!dropped.has(word) && !stopWords.has(word) && !isWishVerb(word)),
  );
  const without = wordsOf(intent.params["not"] ?? "");
  const keys = [...own.map(wordKey), ...(without.length === 0 ? [] : ["!", ...without])];
  const words = keys.join(" ");
  return own.length === 0 || keys.length > maxWords || words.length > maxLength
    ? undefined
    : { words, verb: intent.verb };
}

/** The key as one text. */
export const wishKeyText = ({ words, verb }: WishKey): string => `${verb} ${words}`;

/** The alias of exactly these words with exactly this verb. */
export function findLearned(
  intent: Intent,
  learned: LearnedAliases | undefined,
  hosts: readonly string[],
): LearnedAlias | undefined {
  if (learned === undefined || learned.size === 0) return undefined;
  const key = wishKeyOf(intent, hosts);
  return key === undefined ? undefined : learned.get(wishKeyText(key));
}

/** As sure as a name, and surer than any other one. */
const confidence = 0.99;

/** The unit of an alias as a candidate; undefined when the catalogue has it no more. */
export function scoreLearned(alias: LearnedAlias, index: UnitIndex): Scored | undefined {
  const item = index.items.find(({ unit }) => unit.id === alias.unitId);
  return item === undefined
    ? undefined
    : { item, confidence, kind: "learned", fit: "yes", evidence: alias.said, rivals: alias.rivals };
}

/** One of Chiffon's own operations that people have chosen for these words. */
export function confirmOperation(
  operation: OperationChoice | undefined,
  alias: LearnedAlias | undefined,
): OperationChoice | undefined {
  return operation !== undefined && operation.unit.id === alias?.unitId
    ? { ...operation, confidence, evidence: alias.said, learned: true }
    : operation;
}
