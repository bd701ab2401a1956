import { determiners } from "./lexicon.ts";
import { matchesAt, startAt } from "./segment.ts";
import type { Token } from "./tokens.ts";

type Connector = "and" | "then" | "but" | "front" | "else" | "also";

const connectors: readonly (readonly [Connector, readonly string[]])[] = (
  [
    [
      "and",
      "and|&|plus|as well as|and also|in addition|additionally|furthermore|moreover|besides|along with that",
    ],
    [
      "also",
      "also|meanwhile|at the same time|in parallel|while you're at it|while you are at it|on top of that",
    ],
    [
      "then",
      "then|after that|after this|afterwards|afterward|thereafter|subsequently|followed by|after which",
    ],
    [
      "then",
      "next|finally|lastly|secondly|thirdly|second|third|fourth|last|later|upon completion|eventually",
    ],
    [
      "then",
      "once that is done|once that's done|once done|when done|when that's done|when that is done|when finished",
    ],
    [
      "then",
      "when it's done|when it is done|once it is done|once it's done|once finished|once this is done|and once done",
    ],
    [
      "then",
      "once everything is done|when this is done|when all is done|as soon as that is done|as a last step",
    ],
    [
      "then",
      "as the last step|in the end|at the end|after it|after them|after both|thereupon|from there|in turn",
    ],
    ["but", "but|however|yet|though|although"],
    [
      "front",
      "first|firstly|first of all|but first|before that|before this|prior to that|beforehand|before anything else",
    ],
    ["front", "before you do that|before doing that|before doing so|before you do|to start"],
    ["else", "otherwise|else|or else|if not"],
  ] as const
).map(([kind, text]) => [kind, text.split("|")] as const);

const connectorPhrases = connectors
  .flatMap(([kind, phrases]) => phrases.map((phrase) => ({ kind, words: phrase.split(" ") })))
  .sort((a, b) => b.words.length - a.words.length);

/** Words that join only at the start of a clause, because inside one they are ordinary words. */
const startOnly = new Set([
  "next",
  "finally",
  "lastly",
  "second",
  "third",
  "fourth",
  "last",
  "later",
  "first",
  "also",
  "plus",
  "however",
  "yet",
  "though",
  "else",
  "eventually",
  "firstly",
  "in parallel",
  "at the end",
  "in the end",
  "if not",
  "to start",
  "after it",
  "after them",
  "after both",
  "in turn",
  "although",
  "in addition",
]);

export type Run = {
  length: number;
  kinds: Set<Connector | "comma" | "arrow" | "colon">;
  /** True for "… first, then …": the word belongs to the clause that it ends, and what follows comes after that one. */
  endsFirst?: boolean;
};

/** All connectors and commas from a token on. `atStart`: at the start of a sentence or clause. */
export function connectorRun(tokens: readonly Token[], from: number, atStart: boolean): Run {
  const kinds: Run["kinds"] = new Set();
  let endsFirst = false;
  let at = from;
  const ran = (): Run => ({ length: at - from, kinds, ...(endsFirst ? { endsFirst } : {}) });
  for (;;) {
    const token = tokens[at];
    if (token?.kind === "comma") kinds.add("comma");
    else if (token?.kind === "arrow") kinds.add("arrow");
    else if (token?.kind === "colon") kinds.add("colon");
    else {
      const open = atStart || at > from;
      const hit = connectorPhrases.find(
        ({ words }) =>
          matchesAt(tokens, at, words) &&
          (open || !startOnly.has(words.join(" ")) || isTail(tokens, at, words)),
      );
      if (hit === undefined || (hit.kind === "front" && isOrdinal(tokens, at + hit.words.length)))
        return ran();
      if (hit.kind === "then" && isOrdinalWord(tokens, at) && isOrdinal(tokens, at + 1)) return ran();
      if (hit.kind === "front" && !open && isFollowed(tokens, at + hit.words.length)) {
        endsFirst = true;
        kinds.add("then");
      } else kinds.add(hit.kind);
      at += hit.words.length;
      continue;
    }
    at += 1;
  }
}

/** Whether the sentence goes on behind a word at the end of a clause. */
const isFollowed = (tokens: readonly Token[], after: number): boolean =>
  tokens[after]?.kind === "comma" || tokens[after]?.lower === "and";

const isOrdinalWord = (tokens: readonly Token[], at: number): boolean =>
  /^(?:second|third|fourth|last|next)$/.test(tokens[at]?.lower ?? "");

/** "first node", "the second disk": the word counts things, it does not order wishes. */
function isOrdinal(tokens: readonly Token[], after: number): boolean {
  const next = tokens[after];
  if (next === undefined || next.kind !== "word") return false;
  return startAt(tokens, after, false).kind === "noun" && !determiners.has(next.lower);
}

/** A connector at the very end of a clause: "… and restart it afterwards", "back it up first". */
const isTail = (tokens: readonly Token[], at: number, words: readonly string[]): boolean => {
  const next = tokens[at + words.length];
  const verbAhead =
    next !== undefined &&
    (words[0] === "also" || words[0] === "plus" || words[0] === "next" || words[0] === "finally") &&
    startAt(tokens, at + words.length, true).kind === "verb";
  return (
    verbAhead ||
    ((next === undefined || next.kind === "comma" || next.lower === "and") &&
      /^(?:first|firstly|next|finally|last)$/.test(words[0] ?? ""))
  );
};
