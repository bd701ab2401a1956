import type { Verb } from "../contracts/vocabulary.ts";
import { alsoNouns, compoundHeads, lightVerbs, verbNouns, verbPhrases } from "./lexicon.ts";
import { editDistance } from "./similarity.ts";
import type { Token } from "./tokens.ts";

type VerbForm = "base" | "third" | "ing" | "ed";

/** A verb phrase found at a place: `used` tokens at that place, and a torn-off particle further on ("set X up"). */
export type VerbHit = {
  readonly verb: Verb;
  /** As listed in the lexicon, for example `set ~ up`. */
  readonly phrase: string;
  readonly form: VerbForm;
  readonly used: number;
  readonly particle: { readonly from: number; readonly length: number } | null;
};

type Phrase = { verb: Verb; phrase: string; head: string[]; tail: string[]; form: VerbForm };

const consonant = /[bcdfghjklmnpqrstvwxz]/;
const irregular: Readonly<Record<string, { ing?: string; ed?: string }>> = {
  set: { ing: "setting", ed: "set" },
  put: { ing: "putting", ed: "put" },
  get: { ing: "getting", ed: "got" },
  shut: { ing: "shutting", ed: "shut" },
  build: { ed: "built" },
  rebuild: { ed: "rebuilt" },
  take: { ed: "taken" },
  make: { ed: "made" },
  bring: { ed: "brought" },
  give: { ed: "given" },
  spin: { ing: "spinning", ed: "spun" },
  tear: { ed: "torn" },
  rip: { ing: "ripping", ed: "ripped" },
  undo: { ed: "undone" },
  do: { ed: "done" },
  run: { ing: "running", ed: "run" },
  send: { ed: "sent" },
  write: { ed: "written" },
  throw: { ed: "thrown" },
  wake: { ed: "woken" },
  stand: { ed: "stood" },
  find: { ed: "found" },
  show: { ed: "shown" },
  backup: { ed: "backuped" },
};

function inflect(word: string): Record<VerbForm, string> {
  const fixed = irregular[word] ?? {};
  const last = word.charAt(word.length - 1);
  const stem = word.endsWith("e") ? word.slice(0, -1) : word;
  const doubled =
    /^(?:stop|drop|map|ship|tag|grab|permit|scan|plan|swap|wrap)$/.test(word) && consonant.test(last)
      ? word + last
      : stem;
  const third = /(?:s|x|z|ch|sh)$/.test(word) ? `${word}es` : word.replace(/([^aeiou])y$/, "$1ie") + "s";
  const past = /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ied` : `${doubled}ed`;
  return { base: word, third, ing: fixed.ing ?? `${doubled}ing`, ed: fixed.ed ?? past };
}

const byFirstWord = new Map<string, Phrase[]>();
const singleWords = new Map<string, Verb>();

for (const [verb, phrases] of verbPhrases) {
  for (const phrase of phrases) {
    const [headText = "", tailText = ""] = phrase.split("~");
    const head = headText.trim().split(" ");
    const tail = tailText.trim() === "" ? [] : tailText.trim().split(" ");
    const first = head[0] ?? "";
    if (head.length === 1 && tail.length === 0) singleWords.set(first, verb);
    for (const [form, word] of Object.entries(inflect(first)) as [VerbForm, string][]) {
      const list = byFirstWord.get(word) ?? [];
      if (!list.some((other) => other.phrase === phrase)) {
        list.push({ verb, phrase, head: [word, ...head.slice(1)], tail, form });
      }
      byFirstWord.set(word, list);
    }
  }
}
for (const list of byFirstWord.values()) {
  list.sort(
    (a, b) =>
      b.head.length + b.tail.length - (a.head.length + a.tail.length) ||
      Number(a.form !== "base") - Number(b.form !== "base"),
  );
}

const nounVerbs = new Map<string, Verb>(
  verbNouns.flatMap(([verb, nouns]) => nouns.map((noun) => [noun, verb] as const)),
);

/** The verb that a noun stands for ("snapshot"), if it stands for one. */
export const findNounVerb = (word: string): Verb | undefined => nounVerbs.get(word);

/** The verb of a single word in any form, if it is one ("installing", "upgraded"). */
export function findWordVerb(word: string): { verb: Verb; form: VerbForm } | undefined {
  const hit = byFirstWord.get(word)?.find((phrase) => phrase.head.length === 1 && phrase.tail.length === 0);
  return hit === undefined ? undefined : { verb: hit.verb, form: hit.form };
}

/** The participle of a passive ("nginx restarted", "is backed up"). */
export function findParticiple(words: readonly string[]): { verb: Verb; used: number } | undefined {
  const last = words[words.length - 1] ?? "";
  const before = words[words.length - 2] ?? "";
  if (/^(?:up|down|off|out|on)$/.test(last)) {
    const hit = byFirstWord
      .get(before)
      ?.find((p) => p.form === "ed" && p.head.length === 2 && p.head[1] === last);
    return hit === undefined ? undefined : { verb: hit.verb, used: 2 };
  }
  const hit = byFirstWord
    .get(last)
    ?.find((p) => p.form === "ed" && p.head.length === 1 && p.tail.length === 0);
  return hit === undefined || hit.verb === "other" ? undefined : { verb: hit.verb, used: 1 };
}

const wordsAt = (tokens: readonly Token[], at: number, words: readonly string[]): boolean =>
  words.every((word, index) => tokens[at + index]?.lower === word && tokens[at + index]?.kind !== "quote");

const gapEnds = new Set(["then", "if", "unless", "before", "after", "once"]);

/** Finds the rest of a torn phrase: at least one and at most eight tokens further on, not past the end of the wish. */
function findTail(tokens: readonly Token[], from: number, tail: readonly string[]): number {
  for (let at = from + 1; at <= Math.min(from + 8, tokens.length - tail.length); at += 1) {
    const passed = tokens[at - 1];
    if (passed === undefined || passed.kind === "stop" || gapEnds.has(passed.lower)) return -1;
    if (passed.kind !== "name" && at - 1 > from && isPlainVerb(passed)) return -1;
    if (wordsAt(tokens, at, tail)) return at;
  }
  return -1;
}

const isPlainVerb = (token: Token): boolean => {
  const hit = findWordVerb(token.lower);
  return token.kind === "word" && hit?.form === "base" && !alsoNouns.has(token.lower);
};

/** The verb phrase that starts at a token, the longest first; undefined when there is none. */
export function findVerb(tokens: readonly Token[], at: number): VerbHit | undefined {
  const first = tokens[at];
  if (first === undefined || first.kind === "quote" || first.kind === "name") return undefined;
  for (const { verb, phrase, head, tail, form } of byFirstWord.get(first.lower) ?? []) {
    if (!wordsAt(tokens, at, head)) continue;
    if (tail.length === 0) {
      if (head.length === 1 && isCompound(tokens, at)) continue;
      return { verb, phrase, form, used: head.length, particle: null };
    }
    const from = findTail(tokens, at + head.length, tail);
    if (from >= 0) return { verb, phrase, form, used: head.length, particle: { from, length: tail.length } };
  }
  return undefined;
}

const isCompound = (tokens: readonly Token[], at: number): boolean => {
  const next = tokens[at + 1];
  return next?.kind === "word" && (compoundHeads[tokens[at]?.lower ?? ""]?.includes(next.lower) ?? false);
};

const lightGerunds = new Map([...lightVerbs].map((word) => [inflect(word).ing, true] as const));

/** "take a snapshot of", "do a rolling restart of": the verb of the noun. */
export function findLightVerb(tokens: readonly Token[], at: number): VerbHit | undefined {
  const first = tokens[at];
  const gerund = lightGerunds.get(first?.lower ?? "");
  if (first === undefined || !(gerund ?? lightVerbs.has(first.lower))) return undefined;
  for (let next = at + 1; next <= at + 4; next += 1) {
    const word = tokens[next];
    if (word?.kind !== "word") return undefined;
    const verb = findNounVerb(word.lower);
    if (verb === undefined) continue;
    const after = tokens[next + 1];
    if (isCompound(tokens, next)) return undefined;
    const joins = after?.kind === "word" && /^(?:of|for|on|from|to|in)$/.test(after.lower);
    if (
      after !== undefined &&
      !joins &&
      after.kind === "word" &&
      !/^(?:first|and|then|before|after|please)$/.test(after.lower)
    )
      return undefined;
    const used = next - at + 1 + (after?.lower === "of" || after?.lower === "for" ? 1 : 0);
    return { verb, phrase: word.lower, form: gerund === undefined ? "base" : "ing", used, particle: null };
  }
  return undefined;
}

/** Verbs that people write often enough to misspell; others are more likely other words ("shared" is no "shred"). */
const oftenWritten = new Set(
  `install reinstall uninstall deploy redeploy configure reconfigure update upgrade restart reload reboot remove delete restore
  rollback backup create provision enable disable verify check setup snapshot export start stop renew build launch migrate`.split(
    /\s+/,
  ),
);

/** A verb with one slip of the keyboard ("instal", "restrat"), for the start of a wish only. */
export function findMisspeltVerb(word: string): Verb | undefined {
  if (word.length < 5 || byFirstWord.has(word)) return undefined;
  let best: Verb | undefined;
  for (const [candidate, verb] of singleWords) {
    if (!oftenWritten.has(candidate) || candidate.length < 5 || candidate.charAt(0) !== word.charAt(0))
      continue;
    if (
      word.length < 6 &&
      word.length === candidate.length &&
      [...word].sort().join("") !== [...candidate].sort().join("")
    )
      continue;
    if (editDistance(word, candidate, 1) <= 1) best = best === undefined || verb !== "other" ? verb : best;
  }
  return best;
}
