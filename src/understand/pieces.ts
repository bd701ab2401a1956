import { connectorRun } from "./connectors.ts";
import type { Run } from "./connectors.ts";
import { skipOpeners, skipPolite, startAt } from "./segment.ts";
import type { Start } from "./segment.ts";
import type { Sentence } from "./sentences.ts";
import { alsoNouns, determiners, pronouns } from "./lexicon.ts";
import type { Token } from "./tokens.ts";
import { findLightVerb, findVerb } from "./verbs.ts";

/** What a piece of a sentence does: a wish, the condition of wishes, something not to do, or a moment ("before …"). */
export type Role = "main" | "condition" | "not" | "before" | "after" | "once";

/** How a piece follows what stands before it. */
export type Link = "none" | "comma" | "and" | "then";

export type Piece = {
  readonly role: Role;
  link: Link;
  /** True for "first", "before that": stands in front of the earlier wishes. */
  front: boolean;
  /** True after "otherwise". */
  readonly otherwise: boolean;
  /** True when it stands before the wish that it belongs to. */
  readonly prefix: boolean;
  readonly tokens: Token[];
  /** As written, for people: with the word that opened it. */
  readonly opening: string;
  readonly sentence: number;
};

const roleOf = (kind: Start): Role => (kind === "verb" || kind === "noun" ? "main" : kind);

/** Cuts one sentence into wishes, conditions, prohibitions and moments, in the order in which they are written. */
export function piecesOf(sentence: Sentence, number: number): Piece[] {
  const tokens = sentence.tokens;
  const pieces: Piece[] = [];
  let run = connectorRun(tokens, 0, true);
  let at = run.length;
  let piece = open({ tokens, at, run, sentence: number, before: undefined });
  at = piece.next;
  while (at < tokens.length) {
    run = connectorRun(tokens, at, false);
    const next = at + run.length;
    if (run.length > 0 && next >= tokens.length) {
      markTail(piece.piece, run);
      break;
    }
    if (run.length > 0) {
      if (run.endsFirst === true) piece.piece.front = true;
      const start = startAt(tokens, next, isSoft(run));
      if (opensNew(piece.piece, start.kind, { run, tokens, at: start.at })) {
        pieces.push(piece.piece);
        piece = open({ tokens, at: next, run, sentence: number, before: piece.piece });
        at = piece.next;
        continue;
      }
      piece.piece.tokens.push(separator(tokens, at, run));
      at = next;
      continue;
    }
    const inner = innerStart(piece.piece, tokens, at);
    if (inner) {
      pieces.push(piece.piece);
      piece = open({
        tokens,
        at,
        run: { length: 0, kinds: new Set() },
        sentence: number,
        before: piece.piece,
      });
      at = piece.next;
      continue;
    }
    const token = tokens[at];
    if (token !== undefined) piece.piece.tokens.push(token);
    at += 1;
  }
  pieces.push(piece.piece);
  return pieces.filter((part) => part.tokens.length > 0 || part.link === "then");
}

const isSoft = (run: Run): boolean =>
  ![...run.kinds].some((kind) => kind === "then" || kind === "arrow" || kind === "front" || kind === "colon");

function markTail(piece: Piece, run: Run): void {
  if (run.kinds.has("then")) piece.link = "then";
  if (run.kinds.has("front")) piece.front = true;
}

const separator = (tokens: readonly Token[], at: number, run: Run): Token => {
  const word = tokens.slice(at, at + run.length).find((token) => token.kind === "word");
  const text = run.kinds.has("colon") ? ":" : word === undefined ? "," : word.lower;
  return { text, lower: text, kind: "comma", ordered: false };
};

type Opening = {
  tokens: readonly Token[];
  at: number;
  run: Run;
  sentence: number;
  before: Piece | undefined;
};

function open({ tokens, at, run, sentence, before }: Opening): { piece: Piece; next: number } {
  const start = startAt(tokens, at, isSoft(run) && run.length > 0);
  const subordinate = start.kind !== "verb" && start.kind !== "noun";
  const inherits =
    before !== undefined &&
    isMoment(before.role) &&
    start.kind === "verb" &&
    isGerund(tokens, start.at) &&
    run.kinds.has("and");
  const front = run.kinds.has("front") && !subordinate;
  const then = run.kinds.has("then") || run.kinds.has("arrow");
  const onlyComma = [...run.kinds].every((kind) => kind === "comma" || kind === "colon");
  const link: Link = then ? "then" : run.length === 0 ? "none" : onlyComma ? "comma" : "and";
  // A time in front of the verb stays with the wish.
  const next = subordinate ? start.at + start.length : skipPolite(tokens, at);
  const opening = tokens
    .slice(start.at, next)
    .map((token) => token.text)
    .join(" ");
  const prefix = before === undefined || run.length > 0;
  const role = inherits && before !== undefined ? before.role : roleOf(start.kind);
  return {
    piece: { role, link, front, otherwise: run.kinds.has("else"), prefix, tokens: [], opening, sentence },
    next,
  };
}

/** "make sure that x is y and that …": every "that" is a wish of its own. */
const asksForState = (piece: Piece): boolean =>
  /^(?:make sure|ensure|check|verify|confirm)\b/.test(
    piece.tokens
      .slice(0, 2)
      .map((token) => token.lower)
      .join(" "),
  );

const isMoment = (role: Role): boolean =>
  role === "before" || role === "after" || role === "not" || role === "once";

const isGerund = (tokens: readonly Token[], at: number): boolean =>
  (findLightVerb(tokens, at) ?? findVerb(tokens, at))?.form === "ing";

type Place = { run: Run; tokens: readonly Token[]; at: number };

/** Whether what follows a connector is a piece of its own, or one more entry of a list. */
function opensNew(current: Piece, kind: Start, { run, tokens, at }: Place): boolean {
  if (kind !== "noun" && kind !== "verb") return true;
  if (run.kinds.has("then") || run.kinds.has("arrow") || run.kinds.has("front") || run.kinds.has("else"))
    return true;
  if (current.role === "condition" && kind === "verb")
    return run.kinds.has("comma") || isClearVerb(tokens, at);
  if (current.role !== "main" && current.prefix)
    return run.kinds.has("comma") && !run.kinds.has("and") ? true : kind === "verb";
  if (run.kinds.has("but") && kind === "noun") return true;
  if (kind === "noun" && tokens[at]?.lower === "that" && asksForState(current)) return true;
  if (kind === "verb" && current.role === "main" && isGerund(tokens, at))
    return isGerund(current.tokens, skipOpeners(current.tokens, 0));
  return kind === "verb";
}

/** A condition or moment that starts inside a clause, or the wish that follows one without a comma. */
function innerStart(current: Piece, tokens: readonly Token[], at: number): boolean {
  if (current.tokens.length === 0) return false;
  const start = startAt(tokens, at, true);
  if (start.at !== at) return false;
  const previous = tokens[at - 1]?.lower ?? "";
  if (start.kind !== "verb" && start.kind !== "noun") {
    if (current.role === "condition" && start.kind === "not") return false;
    if (start.kind === "not" && /^(?:or|and|is|are|does|has|if|whether|to)$/.test(previous)) return false;
    if (start.kind === "condition" && isAskedFor(current)) return false;
    return !(start.kind === "once" && current.role !== "main" && current.role !== "condition");
  }
  if (current.role === "main" || !current.prefix || start.kind !== "verb") return false;
  if (commaAhead(tokens, at)) return false;
  return (
    current.tokens.length >= 2 &&
    isClearVerb(tokens, at) &&
    !isGerund(tokens, at) &&
    !/^(?:to|not|is|are|was|the|a|an|be|should|can|must|will|does|did|do|have|has|you|we|i|of|my|our|its|doesn't|didn't|isn't|and|for|on|in)$/.test(
      previous,
    )
  );
}

/** A later comma with a wish behind it ends the condition; verbs before it belong to the condition. */
const commaAhead = (tokens: readonly Token[], from: number): boolean =>
  tokens.some((token, at) => {
    if (at < from || token.kind !== "comma") return false;
    const run = connectorRun(tokens, at, false);
    return !run.kinds.has("else") && startAt(tokens, at + run.length, true).kind === "verb";
  });

/** "check if it runs", "see whether …": here "if" asks, it does not condition. */
const isAskedFor = (piece: Piece): boolean =>
  /^(?:check|see|test|verify|confirm|find|know|tell|ask|out|me|whether|to)$/.test(
    piece.tokens[piece.tokens.length - 1]?.lower ?? "",
  ) && piece.tokens.length <= 4;

function isClearVerb(tokens: readonly Token[], at: number): boolean {
  const hit = findVerb(tokens, at);
  if (hit === undefined || hit.form !== "base") return false;
  const next = tokens[at + hit.used];
  if (next !== undefined && (determiners.has(next.lower) || pronouns.has(next.lower) || next.kind === "name"))
    return true;
  return (
    hit.used > 1 ||
    !alsoNouns.has(tokens[at]?.lower ?? "") ||
    /^(?:restart|reboot|reload|stop|start|update|upgrade)$/.test(tokens[at]?.lower ?? "")
  );
}
