import type { Intent } from "../contracts/intent.ts";
import { confidenceByName } from "./calibrate.ts";
import type { Scored } from "./gate.ts";
import type { IntentWords } from "./intent-words.ts";
import { commonHeads, weakWords } from "./lexicon.ts";
import { linkedKeys } from "./name-links.ts";
import type { Link } from "./name-links.ts";
import { kindWords } from "./ranking.ts";
import { editDistance } from "./similarity.ts";
import { decideVerbFit, verbPhrase } from "./verb-fit.ts";
import type { VerbFit } from "./verb-fit.ts";
import { wordKey } from "./words.ts";

/** How much each kind of link is worth when nothing speaks against it. `slip`: a slip of the keyboard that could be another word. */
const baseOf = {
  exact: 0.97,
  permuted: 0.93,
  weak: 0.92,
  product: 0.92,
  typo: 0.9,
  head: 0.88,
  slip: 0.82,
} as const;

/** Confidence of a link by name: what kind of link, which words of the wish it leaves unexplained, whether the verb fits. */
export function scoreLink(
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
  const left = leftWords(link, intent, { words, linked, lexicon });
  const covered = words.content.length === 0 ? 1 : 1 - left.length / words.content.length;
  const many = link.form.source !== "name" && link.item.unit.aliases.length > 3;
  const base = (baseOf[link.kind] - (link.form.source === "alias" ? 0.03 : 0)) * (many ? 0.8 : 1);
  const context = inContext ? (link.item.verbs.has(intent.verb) && intent.verb !== "deploy" ? 0.93 : 0.5) : 1;
  const telling = left.length === 0 || words.sequence.slice(link.from, link.to).some(isTelling) ? 1 : 0.5;
  const bare = words.bare && isShortened(link, words) ? 0.8 : 1;
  const confidence = base * (0.4 + 0.6 * covered) * telling * context * bare * fitFactor(fit);
  return {
    item: link.item,
    confidence: round(Math.max(inContext ? 0.32 : 0, confidenceByName(confidence))),
    kind: link.kind,
    fit,
    evidence: linkEvidence(link, { left, fit, intent }),
  };
}

type Left = { words: IntentWords; linked: ReadonlySet<string>; lexicon: boolean };

/** Words of the wish that neither the name nor anything else explains. */
function leftWords(link: Link, intent: Intent, { words, linked, lexicon }: Left): string[] {
  const kindKeys = lexicon ? kindWords(words.text, link.item) : new Set<string>();
  return words.content.filter(
    (word) =>
      !linked.has(wordKey(word)) &&
      !weakWords.has(word) &&
      !describes(link, word) &&
      !isSettingOf(link, word, intent) &&
      !link.form.full.some((part) => isSlip(word, part)) &&
      !kindKeys.has(wordKey(word)),
  );
}

/** "server" and "stats" are names of units, but beside other words they are only words. */
const isTelling = (word: string): boolean => !weakWords.has(word) && !commonHeads.has(word);

/** "ldap" alone does not say that "bootstrap-ldap" is meant: its verb was not said. */
const isShortened = ({ form }: Link, { sequence }: IntentWords): boolean =>
  form.verbs.length > 0 &&
  form.core.length < form.full.length &&
  !form.full.every((word) => form.core.includes(word) || sequence.includes(word));

const fitFactor = (fit: VerbFit): number => (fit === "yes" ? 1 : fit === "unknown" ? 0.84 : 0.6);

/** Whether a unit's own texts explain a word that its name does not. */
const describes = (link: Link, word: string): boolean => (link.item.words.get(wordKey(word)) ?? 0) >= 0.6;

/** "sysctl settings", "firewall rules": what is configured is the thing itself. */
const isSettingOf = ({ item }: Link, word: string, { verb }: Intent): boolean =>
  verb === "configure" && settingNouns.has(word) && !item.verbs.has("remove");

const settingNouns = new Set(
  "setting settings config configuration options option rules rule policy policies parameters parameter".split(
    " ",
  ),
);

/** "sever" beside a name that ends with "server". */
const isSlip = (word: string, part: string): boolean =>
  word.length >= 5 && part.length >= 5 && editDistance(word, part, 1) <= 1;

/** A confidence as it is shown: 0..1 with three digits. */
export const round = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

type LinkFacts = { left: readonly string[]; fit: VerbFit; intent: Intent };

const how = {
  exact: "",
  permuted: " (in other words)",
  weak: " (in short)",
  product: " (another name of the same product)",
  typo: " (spelt differently)",
  slip: " (spelt differently, and too short to be sure)",
  head: " (its last part is said)",
} as const;

function linkEvidence(link: Link, { left, fit, intent }: LinkFacts): string {
  const named = link.form.source === "alias" ? "It is also called" : "Its name is";
  const missing = left.slice(0, 3).map((word) => `"${word}"`);
  const doubts = missing.length === 0 ? [] : [`nothing in it says ${missing.join(" or ")}`];
  if (fit !== "yes") {
    const does = [...link.item.verbs].map(verbPhrase).join(", ");
    doubts.push(`${does === "" ? "" : `it ${does}; `}it does not say that it ${verbPhrase(intent.verb)}`);
  }
  return `${named} "${link.form.written}"${how[link.kind]}${doubts.length === 0 ? "" : `, but ${doubts.join(", and ")}`}.`;
}
