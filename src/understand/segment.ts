import { alsoNouns, determiners, openers, pronouns } from "./lexicon.ts";
import { findTime } from "./times.ts";
import type { Token } from "./tokens.ts";
import { findLightVerb, findMisspeltVerb, findVerb } from "./verbs.ts";

const conditionWords = [
  "only if",
  "but only if",
  "if",
  "unless",
  "in case",
  "provided that",
  "provided",
  "as long as",
  "only when",
  "assuming",
  "whenever",
  "given that",
  "in the event that",
  "even if",
  "until",
  "depending on",
].map((phrase) => phrase.split(" "));

const notWords = [
  "do not",
  "don't",
  "dont",
  "never",
  "without",
  "but not",
  "not",
  "no",
  "except for",
  "except",
  "excluding",
  "leave out",
  "instead of",
  "rather than",
  "avoid",
  "other than",
  "apart from",
  "skip",
  "please don't",
  "must not",
  "should not",
  "shouldn't",
  "mustn't",
  "you must not",
  "and don't",
  "refrain from",
  "hands off",
  "leave",
  "keep",
  "there is no need to",
  "no need to",
].map((phrase) => phrase.split(" "));

/** Whether these words stand at a place. */
export const matchesAt = (tokens: readonly Token[], at: number, words: readonly string[]): boolean =>
  words.every((word, index) => tokens[at + index]?.kind === "word" && tokens[at + index]?.lower === word);

const longestAt = (tokens: readonly Token[], at: number, phrases: readonly (readonly string[])[]): number =>
  phrases.reduce(
    (best, words) => (words.length > best && matchesAt(tokens, at, words) ? words.length : best),
    0,
  );

const openerPhrases = openers.map((phrase) => phrase.split(" "));

/** First token after polite openings, and after a time that stands in front of a verb ("every night back up the wiki"). */
export function skipOpeners(tokens: readonly Token[], from: number): number {
  const at = skipPolite(tokens, from);
  const time = timeLength(tokens, at);
  return time === 0 ? at : skipPolite(tokens, at + time);
}

/** Takes such a time out of a clause. */
export function takeLeadingTime(tokens: readonly Token[]): {
  tokens: readonly Token[];
  time: string | undefined;
} {
  const at = skipPolite(tokens, 0);
  const length = timeLength(tokens, at);
  if (length === 0) return { tokens, time: undefined };
  const time = findTime(tokens, at)?.text;
  return { tokens: [...tokens.slice(0, at), ...tokens.slice(at + length)], time };
}

function timeLength(tokens: readonly Token[], at: number): number {
  const found = findTime(tokens, at);
  if (found === undefined) return 0;
  const used = found.used + (tokens[at + found.used]?.kind === "comma" ? 1 : 0);
  const next = skipPolite(tokens, at + used);
  const hit = findLightVerb(tokens, next) ?? findVerb(tokens, next);
  return hit?.form === "base" ? used : 0;
}

/** First token after polite openings ("I want", "we need", "please"). */
export function skipPolite(tokens: readonly Token[], from: number): number {
  let at = from;
  for (;;) {
    if (tokens[at]?.kind === "comma" || tokens[at]?.kind === "colon") at += 1;
    const length = longestAt(tokens, at, openerPhrases);
    if (length === 0) return at;
    const verb = findLightVerb(tokens, at) ?? findVerb(tokens, at);
    if (verb !== undefined && verb.used >= length && verb.phrase !== "go") return at;
    at += length;
  }
}

export type Start = "verb" | "condition" | "not" | "before" | "after" | "once" | "noun";

const strongVerbs = new Set(["restart", "reload", "reboot", "stop", "start", "update", "upgrade", "clean"]);

/** What starts at a token. `soft`: after "and" or a comma, where a noun may look like a verb. */
export function startAt(
  tokens: readonly Token[],
  from: number,
  soft: boolean,
): { kind: Start; at: number; length: number } {
  const special = subordinateAt(tokens, from);
  if (special !== undefined) return special;
  const at = skipOpeners(tokens, from);
  const later = at === from ? undefined : subordinateAt(tokens, at);
  if (later !== undefined) return later;
  const hit = findLightVerb(tokens, at) ?? findVerb(tokens, at);
  if (hit === undefined) {
    const first = tokens[at];
    const misspelt = !soft && first?.kind === "word" && findMisspeltVerb(first.lower) !== undefined;
    if (misspelt || isQuestion(tokens, at)) return { kind: "verb", at, length: 1 };
    return { kind: "noun", at, length: 0 };
  }
  if (hit.form === "third" || hit.form === "ed") return { kind: "noun", at, length: 0 };
  if (soft && hit.used === 1 && hit.particle === null && isNounHere(tokens, at, hit.form))
    return { kind: "noun", at, length: 0 };
  return { kind: "verb", at, length: hit.used };
}

/** "… and backup" is a noun; "… and back up X", "… and backup the folder" are wishes. */
function isNounHere(tokens: readonly Token[], at: number, form: string): boolean {
  const word = tokens[at]?.lower ?? "";
  const next = tokens[at + 1];
  if (form === "ing")
    return next === undefined || next.kind === "comma" || /^(?:and|on|for|in|to|with)$/.test(next.lower);
  if (!alsoNouns.has(word)) return false;
  if (next === undefined || next.kind === "comma" || /^(?:and|then|&|or)$/.test(next.lower))
    return !strongVerbs.has(word);
  if (
    determiners.has(next.lower) ||
    pronouns.has(next.lower) ||
    next.kind !== "word" ||
    strongVerbs.has(word)
  )
    return false;
  return /^(?:of|for|on|to|with|in|from|at|by|server|page|service|tool|manager|job|jobs)$/.test(next.lower);
}

/** "is nginx running", "which packages are outdated"; "do we have …", but not "do a backup". */
export function isQuestion(tokens: readonly Token[], at: number): boolean {
  const first = tokens[at]?.lower ?? "";
  if (tokens.length - at <= 2) return false;
  if (/^(?:do|does|did|have|has)$/.test(first))
    return /^(?:we|i|you|they|any|it|he|she|anything|all)$/.test(tokens[at + 1]?.lower ?? "");
  return /^(?:is|are|was|were|how|which|what|what's|when|why|where|who|whats)$/.test(first);
}

const gerundAhead = (tokens: readonly Token[], at: number): boolean => {
  const from = skipOpeners(tokens, at);
  const verb = findLightVerb(tokens, from) ?? findVerb(tokens, from);
  return verb?.form === "ing";
};

/** A word that opens a condition, a prohibition or a moment. */
function subordinateAt(
  tokens: readonly Token[],
  at: number,
): { kind: Start; at: number; length: number } | undefined {
  const condition = longestAt(tokens, at, conditionWords);
  if (condition > 0 && !isPoliteIf(tokens, at)) return { kind: "condition", at, length: condition };
  if (at === 0 && tokens[at]?.lower === "should" && isInverted(tokens))
    return { kind: "condition", at, length: 1 };
  const not = longestAt(tokens, at, notWords);
  if (not > 0 && isProhibition(tokens, at, not)) return { kind: "not", at, length: not };
  const word = tokens[at]?.lower ?? "";
  if (tokens[at]?.kind !== "word") return undefined;
  if (
    /^(?:only|just|right|shortly|immediately|directly)$/.test(word) &&
    /^(?:after|before|once)$/.test(tokens[at + 1]?.lower ?? "")
  ) {
    const moment = subordinateAt(tokens, at + 1);
    return moment === undefined ? undefined : { ...moment, at, length: moment.length + 1 };
  }
  if (word === "before" || matchesAt(tokens, at, ["prior", "to"])) {
    return { kind: "before", at, length: word === "before" ? 1 : 2 };
  }
  if (word === "after" || (word === "following" && gerundAhead(tokens, at + 1)))
    return { kind: "after", at, length: 1 };
  if (
    word === "once" &&
    tokens[at + 1] !== undefined &&
    !/^(?:a|per|every|more|again)$/.test(tokens[at + 1]?.lower ?? "")
  )
    return { kind: "once", at, length: 1 };
  if (matchesAt(tokens, at, ["as", "soon", "as"]) && tokens[at + 3]?.lower !== "possible")
    return { kind: "once", at, length: 3 };
  if (word === "when" && tokens[at + 1] !== undefined && tokens[at + 1]?.lower !== "you")
    return { kind: "once", at, length: 1 };
  if (word === "when" && /^(?:are|have)$/.test(tokens[at + 2]?.lower ?? "")) {
    return /^(?:time|a)$/.test(tokens[at + 3]?.lower ?? "") ? undefined : { kind: "once", at, length: 1 };
  }
  return undefined;
}

/** "Should nginx be down, start it": a condition without "if". */
function isInverted(tokens: readonly Token[]): boolean {
  const comma = tokens.findIndex((token) => token.kind === "comma");
  return (
    comma > 2 &&
    !/^(?:we|i|you)$/.test(tokens[1]?.lower ?? "") &&
    tokens.slice(2, comma).some((token) => /^(?:be|fail|have|not|stop|need|become)$/.test(token.lower))
  );
}

const isPoliteIf = (tokens: readonly Token[], at: number): boolean =>
  /^(?:if possible|if you (?:can|could|want|like|don't|have)|if that's ok)/.test(
    tokens
      .slice(at, at + 3)
      .map((token) => token.lower)
      .join(" "),
  );

/** "no", "not", "leave", "keep", "skip" forbid only in some company. */
function isProhibition(tokens: readonly Token[], at: number, length: number): boolean {
  const word = tokens[at]?.lower ?? "";
  const rest = tokens.slice(at + length).map((token) => token.lower);
  if (length === 1 && (word === "leave" || word === "keep")) {
    return rest
      .slice(0, 6)
      .some(
        (other, index) =>
          /^(?:alone|untouched|unchanged|running|intact|off|as|out)$/.test(other) ||
          (word === "keep" && index < 3 && /^(?:last|latest|newest|oldest|most|\d+)$/.test(other)),
      );
  }
  if (word === "don't" || word === "do" || word === "dont") return rest[0] !== "forget";
  if (length === 1 && word === "no") return rest.length > 0 && rest[0] !== "longer";
  if (length === 1 && word === "not")
    return (
      rest.length > 0 &&
      rest[0] !== "only" &&
      tokens[at - 1]?.lower !== "if" &&
      !/^(?:is|are|does|was|has|do|did|or)$/.test(tokens[at - 1]?.lower ?? "")
    );
  return rest.length > 0;
}
