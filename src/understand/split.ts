import type { Intent } from "../contracts/intent.ts";
import { parseClause } from "./clause.ts";
import type { Clause, Wish } from "./clause.ts";
import type { Known } from "./hosts.ts";
import { hostsOf, looksLikeHost } from "./hosts.ts";
import { compoundHeads, everything, pronouns, stopWords } from "./lexicon.ts";
import { piecesOf } from "./pieces.ts";
import { markSiblings, resolveReferences } from "./references.ts";
import type { Draft, Mention } from "./references.ts";
import { sentencesOf } from "./segment.ts";
import type { Piece, Sentence } from "./segment.ts";
import { normaliseText, spokenName, tokenise } from "./tokens.ts";
import type { Token } from "./tokens.ts";
import { findLightVerb, findNounVerb, findVerb, findWordVerb } from "./verbs.ts";

export type SplitOptions = {
  /** Names of units and services: they are never cut in pieces. */
  readonly names?: readonly string[];
  /** Hosts and groups of the inventory. */
  readonly hosts?: readonly string[];
};

/** More wishes than this in one request are not read. */
export const maxIntents = 20;

/**
 * Reads a request into its wishes, in order of execution. What must not be done makes no wish of its own: it stays with the
 * wish beside it as `params.not`. Never throws; text without a wish gives an empty list.
 */
export function splitRequest(text: string, options: SplitOptions = {}): Intent[] {
  const known: Known = {
    names: new Set((options.names ?? []).map(spokenName).filter((name) => name.length > 1)),
    hosts: new Set((options.hosts ?? []).map((host) => host.toLowerCase())),
  };
  const plainExceptions = normaliseText(text).replace(
    /\b(everything|all [\w-]+|every [\w-]+|everywhere) but\b/gi,
    "$1 except",
  );
  const tokens = tokenise(plainExceptions, protectedNames(known.names));
  const drafts = readSentences(sentencesOf(tokens), known);
  return resolveReferences(drafts).slice(0, maxIntents);
}

/** Only names of several words need protection, and not those that start like a wish ("restart nginx"). */
function protectedNames(names: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    [...names].filter((name) => !startsLikeWish(name) && !stopWords.has(name) && !everything.has(name)),
  );
}

const startsLikeWish = (name: string): boolean => {
  const words = name.split(" ");
  return (
    findWordVerb(words[0] ?? "") !== undefined && !compoundHeads[words[0] ?? ""]?.includes(words[1] ?? "")
  );
};

type State = {
  known: Known;
  drafts: Draft[];
  head: ReturnType<typeof parseClause>["head"] | undefined;
  scope: string[];
  listHead: boolean;
  held: string[];
};

function readSentences(sentences: readonly Sentence[], known: Known): Draft[] {
  const state: State = { known, drafts: [], head: undefined, scope: [], listHead: false, held: [] };
  let number = 0;
  for (const sentence of sentences) {
    if (state.drafts.length > maxIntents * 2) break;
    number += 1;
    if (sentence.item === null && !state.listHead) state.scope = [];
    const { tokens, hosts } = takeScope(sentence.tokens);
    if (hosts.length > 0) state.scope = hosts;
    const pieces = piecesOf({ tokens, item: sentence.item }, number);
    const ordered = sentence.item?.ordered === true && state.drafts.length > 0;
    readPieces(pieces, state, {
      ordered,
      listed: sentence.item !== null,
      header: sentence.tokens[sentence.tokens.length - 1]?.kind === "colon",
    });
    state.listHead =
      sentence.tokens[sentence.tokens.length - 1]?.kind === "colon" ||
      (state.listHead && sentence.item !== null);
  }
  return state.drafts;
}

/** "On web1: …", "On web1, …" at the start of a sentence: where everything in it happens. */
function takeScope(tokens: readonly Token[]): { tokens: readonly Token[]; hosts: string[] } {
  if (tokens[0]?.lower !== "on" && tokens[0]?.lower !== "for") return { tokens, hosts: [] };
  const verbAt = tokens.findIndex(
    (token, index) => index > 0 && findVerb(tokens, index)?.form === "base" && token.kind === "word",
  );
  const colon = tokens.findIndex((token) => token.kind === "colon");
  const lastComma = tokens.findLastIndex(
    (token, index) => token.kind === "comma" && (verbAt < 0 || index < verbAt),
  );
  const end = colon > 0 ? colon : lastComma > 0 ? lastComma : verbAt - 1;
  if (end < 1 || (tokens[0]?.lower === "for" && colon < 0)) return { tokens, hosts: [] };
  const to = colon > 0 || lastComma > 0 ? end : verbAt;
  const hosts = hostsOf(tokens.slice(1, to));
  return hosts.length === 0
    ? { tokens, hosts }
    : { tokens: tokens.slice(colon > 0 || lastComma > 0 ? end + 1 : verbAt), hosts };
}

/** `header`: the sentence ends with a colon, so that its verb is for the list below. */
type Flow = { ordered: boolean; listed: boolean; header: boolean };

/** Puts the pieces of one sentence in order of execution. */
function readPieces(pieces: readonly Piece[], state: State, flow: Flow): void {
  let condition: string | null = null;
  let mention: Mention | null = null;
  let pending: { role: "before" | "after" | "once"; piece: Piece }[] = [];
  let lastMain: Draft[] = [];
  let then = flow.ordered;
  for (const [index, piece] of pieces.entries()) {
    const next = pieces[index + 1];
    const leads =
      lastMain.length === 0 ||
      (piece.prefix && next?.role === "main" && next.link !== "and" && next.link !== "then");
    if (piece.otherwise) condition = negated(condition ?? lastCondition(state));
    if (piece.role === "condition" && /^until/i.test(piece.opening) && isWaiting(pieces[index - 1])) continue;
    if (piece.role === "condition") {
      const text = [piece.opening, plain(piece.tokens)].join(" ");
      if (leads) {
        condition = text;
        mention = subjectOf(piece.tokens) ?? mention;
      } else lastMain.forEach((draft) => (draft.condition ??= text));
    } else if (piece.role === "not") mention = addConstraint(state, lastMain, piece) ?? mention;
    else if (piece.role !== "main" && leads) pending.push({ role: piece.role, piece });
    else if (piece.role !== "main") attachMoment(piece, state, lastMain);
    else {
      const link = then || piece.link === "then" ? "then" : piece.link;
      const made = readMain({ ...piece, link }, state, flow);
      for (const draft of made) {
        draft.condition ??= condition;
        draft.mention ??= mention;
      }
      if (made.length === 0) {
        then ||= piece.link === "then";
        continue;
      }
      then = false;
      lastMain = made;
      for (const { role, piece: moment } of pending) attachMoment({ ...moment, role }, state, made);
      pending = [];
    }
  }
}

/** "wait until it is ready": the order says it already. */
const isWaiting = (piece: Piece | undefined): boolean => /^wait/i.test(piece?.tokens[0]?.lower ?? "");

const plain = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => token.text)
    .join(" ")
    .replace(/ ,/g, ",")
    .replace(/[\s,:]+$/, "")
    .trim();

const lastCondition = (state: State): string | null =>
  state.drafts.findLast((draft) => draft.condition !== null)?.condition ?? null;

const negated = (condition: string | null): string => {
  if (condition === null) return "if not";
  if (/^unless /i.test(condition)) return condition.replace(/^unless /i, "if ");
  return `if not: ${condition.replace(/^(?:but )?(?:only )?(?:if|when) /i, "")}`;
};

/** What must not be done stays with the wish beside it. */
function addConstraint(state: State, mains: readonly Draft[], piece: Piece): Mention | null {
  const text = [piece.opening, plain(piece.tokens)].join(" ").trim();
  const clause = parseClause(piece.tokens, state.known, undefined);
  const [wish] = clause.wishes;
  if (mains.length > 0) {
    mains.forEach((draft) => appendNot(draft, text));
    return null;
  }
  const last = state.drafts[state.drafts.length - 1];
  if (last !== undefined && piece.link !== "none") appendNot(last, text);
  else state.held.push(text);
  return wish === undefined || wish.target === "" ? null : { target: wish.target, hosts: wish.hosts };
}

/** "the upgrade", "the backup": a wish, not a thing. */
const isDeed = (target: string): boolean =>
  findNounVerb(target.toLowerCase().split(" ").at(-1) ?? "") !== undefined;

const predicates =
  /^(?:is|are|isn't|aren't|was|were|has|have|hasn't|does|doesn't|did|didn't|fails|failed|changed|changes|succeeds|needs|exists|runs|stops|goes|cannot|can't|can|won't|already)$/;

/** What a condition speaks of: "if nginx is down on web1" makes "it" mean nginx on web1. */
function subjectOf(tokens: readonly Token[]): Mention | null {
  const end = tokens.findIndex((token) => predicates.test(token.lower));
  const subject = tokens
    .slice(0, Math.max(0, end))
    .filter((token) => !/^(?:the|a|an|my|our|your)$/.test(token.lower));
  const on = subject.findIndex((token) => token.lower === "on");
  const target = plain(on < 0 ? subject : subject.slice(0, on));
  if (
    target === "" ||
    pronouns.has(target.toLowerCase()) ||
    isDeed(target) ||
    /^(?:there|everything|all|this|that)\b/i.test(target)
  )
    return null;
  const place = tokens.findIndex((token) => token.lower === "on" && token.kind === "word");
  return { target, hosts: place < 0 ? [] : hostsOf(tokens.slice(place + 1)) };
}

const appendNot = (draft: Draft, text: string): void => {
  const before = draft.wish.params["not"];
  draft.wish.params["not"] = before === undefined ? text : `${before}; ${text}`;
};

/** A main clause becomes drafts; a clause without words of its own becomes none. */
function readMain(piece: Piece, state: State, flow: Flow): Draft[] {
  const continues =
    piece.link === "then" ||
    (flow.listed && state.head !== undefined) ||
    piece.otherwise ||
    (piece.link === "and" && state.drafts.length > 0);
  const clause = parseClause(piece.tokens, state.known, continues ? state.head : undefined);
  if (!clause.said && clause.wishes.length === 1 && continues && onlyHosts(clause.wishes[0])) {
    return repeatOn(clause.wishes[0], piece, state);
  }
  const before = state.drafts[state.drafts.length - 1];
  const place = clause.wishes[0];
  if (
    !clause.said &&
    piece.link === "then" &&
    clause.wishes.length === 1 &&
    place !== undefined &&
    before !== undefined
  ) {
    const moved =
      place.hosts.length === 0 && looksLikeHost(place.target, state.known) && before.wish.hosts.length > 0;
    if (moved && !before.wish.hosts.includes(before.wish.target)) {
      return repeatOn({ ...place, hosts: [place.target], target: "" }, piece, state);
    }
  }
  const wishes = clause.wishes.filter(
    (wish) => isWish(wish, clause) && !(flow.header && wish.target === "" && wish.reference === "none"),
  );
  if (clause.said) state.head = clause.head;
  const drafts = wishes.map((wish): Draft => {
    if (wish.hosts.length === 0) wish.hosts = [...state.scope];
    return {
      wish,
      link: piece.link === "then" ? "then" : "none",
      front: piece.front,
      condition: null,
      sentence: piece.sentence,
      sameHosts: clause.sameHosts,
      mention: null,
      said: clause.said,
    };
  });
  if (clause.inOrder) drafts.slice(1).forEach((draft) => (draft.link = "then"));
  else markSiblings(drafts);
  for (const text of state.held) drafts.forEach((draft) => appendNot(draft, text));
  if (drafts.length > 0) state.held = [];
  if (clause.said && drafts.length === 0 && flow.listed === false) state.head = clause.head;
  state.drafts.push(...drafts);
  return drafts;
}

const onlyHosts = (wish: Wish | undefined): boolean =>
  wish !== undefined && wish.target === "" && wish.hosts.length > 0;

/** "…, then on web2": the same wish on other hosts, afterwards. */
function repeatOn(wish: Wish | undefined, piece: Piece, state: State): Draft[] {
  const before = state.drafts[state.drafts.length - 1];
  if (wish === undefined || before === undefined) return [];
  const copy: Wish = {
    ...before.wish,
    hosts: wish.hosts,
    params: { ...before.wish.params, ...wish.params },
    text: `${before.wish.text} ${wish.text}`.trim(),
  };
  const draft: Draft = { ...before, wish: copy, link: piece.link === "then" ? "then" : "none", front: false };
  state.drafts.push(draft);
  return [draft];
}

/** A wish needs a verb that was said or taken over, and something that it is about. */
function isWish(wish: Wish, clause: Clause): boolean {
  if (/^(?:nothing|anything)$/i.test(wish.target)) return false;
  const empty = wish.target === "" && wish.reference === "none";
  if (!clause.said && clause.verb === "other") return !empty || wish.hosts.length > 0;
  if (!empty) return true;
  return clause.said && (clause.verb !== "other" || wish.hosts.length > 0) && clause.verbText !== "";
}

/** "before upgrading X", "after updating Y", "once it is up": order, and perhaps a wish of its own. */
function attachMoment(piece: Piece, state: State, mains: readonly Draft[]): void {
  const start = state.drafts.indexOf(mains[0] as Draft);
  const gerund =
    (findLightVerb(piece.tokens, 0) ?? findVerb(piece.tokens, 0))?.form === "ing" ||
    /^(?:you|we|i)$/.test(piece.tokens[0]?.lower ?? "");
  if (gerund && piece.role !== "once") {
    const clause = parseClause(
      piece.tokens.filter((token, index) => !(index === 0 && /^(?:you|we|i)$/.test(token.lower))),
      state.known,
      undefined,
    );
    const wishes = clause.wishes.filter((wish) => isWish(wish, clause));
    const known = wishes.every((wish) =>
      state.drafts.some((draft, index) => index < start && sameWish(draft.wish, wish)),
    );
    if (known && wishes.length > 0) return void mains.forEach((draft) => (draft.link = "then"));
    const made = wishes.map((wish): Draft => ({
      wish,
      link: "none",
      front: false,
      condition: null,
      sentence: piece.sentence,
      sameHosts: false,
      mention: null,
      said: true,
    }));
    if (made.length === 0) return;
    if (piece.role === "before") {
      made.forEach((draft) => (draft.link = "then"));
      state.drafts.splice(start + mains.length, 0, ...made);
    } else {
      made.forEach((draft) => (draft.link = mains[0]?.link ?? "none"));
      state.drafts.splice(Math.max(0, start), 0, ...made);
      mains.forEach((draft) => (draft.link = "then"));
    }
    return;
  }
  attachState(piece, state, { mains, start });
}

const sameWish = (a: Wish, b: Wish): boolean =>
  a.verb === b.verb && (b.reference !== "none" || a.target.toLowerCase() === b.target.toLowerCase());

/** "after the upgrade", "once it is up": refers to an earlier wish, or is a condition or a time. */
function attachState(
  piece: Piece,
  state: State,
  { mains, start }: { mains: readonly Draft[]; start: number },
): void {
  const text = plain(piece.tokens);
  if (text === "") return;
  const named = piece.tokens.map((token) => findNounVerb(token.lower)).find((verb) => verb !== undefined);
  const earlier = state.drafts.slice(0, Math.max(0, start));
  if (piece.role === "before") {
    if (
      earlier.some((draft) => named === undefined || draft.wish.verb === named) &&
      !/\d|day|night|week/.test(text)
    )
      mains.forEach((draft) => (draft.front = true));
    else mains.forEach((draft) => (draft.wish.params["time"] ??= `before ${text}`));
    return;
  }
  if (
    earlier.length > 0 &&
    (piece.role === "once" || named !== undefined || /^(?:that|this|it|them|both)\b/.test(text))
  ) {
    mains.forEach((draft) => (draft.link = "then"));
    return;
  }
  if (piece.role === "once") mains.forEach((draft) => (draft.condition ??= `${piece.opening} ${text}`));
  else mains.forEach((draft) => (draft.wish.params["time"] ??= `after ${text}`));
}
