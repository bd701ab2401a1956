import type { Intent } from "../contracts/intent.ts";
import { addConstraint, draftsUnder, lastCondition, negated, reasonOf, subjectOf } from "./conditions.ts";
import { takeFactPlace } from "./fact-place.ts";
import type { FactPlace } from "./fact-place.ts";
import { takeOrder } from "./named-order.ts";
import type { NamedOrder } from "./named-order.ts";
import { hostsOf } from "./hosts.ts";
import type { Known } from "./hosts.ts";
import { compoundHeads, everything, stopWords } from "./lexicon.ts";
import { readMain } from "./main-clause.ts";
import type { Flow } from "./main-clause.ts";
import { attachMoment } from "./moments.ts";
import { piecesOf } from "./pieces.ts";
import type { Piece } from "./pieces.ts";
import { appendNot, plain } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { resolveReferences } from "./references.ts";
import type { Draft, Mention } from "./references.ts";
import { takeLeadingTime } from "./segment.ts";
import { sentencesOf } from "./sentences.ts";
import type { Sentence } from "./sentences.ts";
import { findTime } from "./times.ts";
import { normaliseText, spokenName, tokenise } from "./tokens.ts";
import type { Token } from "./tokens.ts";
import { findVerb, findWordVerb } from "./verbs.ts";

type SplitOptions = {
  /** Names of units and services: they are never cut in pieces. */
  readonly names?: readonly string[];
  /** Hosts and groups of the inventory. */
  readonly hosts?: readonly string[];
};

/** More wishes than this in one request are not read. */
const maxIntents = 20;
/** What comes later may go in front of what was read, so some more are looked at. */
const maxDrafts = maxIntents * 2;

/**
 * Reads a request into its wishes, in order of execution. What must not be done makes no wish of its own: it stays with the
 * wish beside it as `params.not`. Never throws; text without a wish gives an empty list.
 */
export function splitRequest(text: string, options: SplitOptions = {}): Intent[] {
  const known: Known = {
    names: spokenNames(options.names ?? []),
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

const spoken = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Names as people say them; worked out once per list, because a catalogue can have thousands. */
function spokenNames(names: readonly string[]): ReadonlySet<string> {
  const before = spoken.get(names);
  if (before !== undefined) return before;
  const made = new Set(names.map(spokenName).filter((name) => name.length > 1));
  spoken.set(names, made);
  return made;
}

const kept = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>();

/** Only names of several words need protection, and not those that start like a wish ("restart nginx"). Worked out once per list. */
function protectedNames(names: ReadonlySet<string>): ReadonlySet<string> {
  const before = kept.get(names);
  if (before !== undefined) return before;
  const made = new Set(
    [...names].filter((name) => !startsLikeWish(name) && !stopWords.has(name) && !everything.has(name)),
  );
  kept.set(names, made);
  return made;
}

const startsLikeWish = (name: string): boolean => {
  const words = name.split(" ");
  return (
    findWordVerb(words[0] ?? "") !== undefined && !compoundHeads[words[0] ?? ""]?.includes(words[1] ?? "")
  );
};

function readSentences(sentences: readonly Sentence[], known: Known): Draft[] {
  const state: Reading = { known, drafts: [], head: undefined, scope: [], listHead: false, held: [] };
  let number = 0;
  for (const sentence of sentences) {
    if (state.drafts.length > maxDrafts) break;
    number += 1;
    if (sentence.item === null && !state.listHead) state.scope = [];
    const { tokens: timed, time } = takeLeadingTime(sentence.tokens);
    const { tokens: sorted, order } = takeOrder(timed, known);
    const { tokens: placed, place } = takeFactPlace(sorted, known);
    const { tokens, hosts } = takeScope(placed, known);
    if (hosts.length > 0) state.scope = hosts;
    const pieces = piecesOf({ tokens, item: sentence.item }, number);
    const ordered = sentence.item?.ordered === true && state.drafts.length > 0;
    const before = state.drafts.length;
    readPieces(pieces, state, {
      ordered,
      listed: sentence.item !== null,
      header: sentence.tokens[sentence.tokens.length - 1]?.kind === "colon",
    });
    const made = state.drafts.slice(before);
    if (order !== undefined) state.drafts.splice(before, made.length, ...orderDrafts(order, made));
    if (place !== undefined) limitTo(place, made);
    if (time !== undefined) for (const { wish } of made) wish.params["time"] ??= time;
    state.listHead =
      sentence.tokens[sentence.tokens.length - 1]?.kind === "colon" ||
      (state.listHead && sentence.item !== null);
  }
  return state.drafts;
}

/** An order is one between the hosts of a wish that has several of them, or else one between wishes. */
function orderDrafts(order: NamedOrder, drafts: readonly Draft[]): Draft[] {
  const named = [...order.first, ...order.last].map((name) => name.toLowerCase());
  const several = drafts.filter(({ wish }) => {
    const hosts = new Set(wish.hosts.map((host) => host.toLowerCase()));
    return hosts.size > 1 && named.every((name) => hosts.has(name));
  });
  for (const draft of several) draft.order = order;
  if (several.length > 0) return [...drafts];
  const sorted = drafts
    .map((draft) => ({ draft, rank: rankOf(draft, order) }))
    .toSorted((a, b) => a.rank - b.rank);
  for (const [index, { draft, rank }] of sorted.entries())
    if (index > 0 && rank !== sorted[index - 1]?.rank) draft.link = "then";
  return sorted.map(({ draft }) => draft);
}

/** Below 0 for what comes first, above 0 for what comes last. */
function rankOf({ wish }: Draft, { first, last }: NamedOrder): number {
  const names = new Set([wish.target, ...(wish.hosts.length === 1 ? wish.hosts : [])].map(spokenName));
  const at = first.findIndex((name) => names.has(spokenName(name)));
  if (at >= 0) return at - first.length;
  return last.findIndex((name) => names.has(spokenName(name))) + 1;
}

/** A place by facts holds for every wish of its sentence that has no hosts of its own. */
function limitTo({ text, everyone }: FactPlace, drafts: readonly Draft[]): void {
  for (const draft of drafts) {
    if (draft.wish.hosts.length > 0) continue;
    draft.condition = draft.condition === null ? text : `${draft.condition}, ${text}`;
    if (everyone) draft.wish.hosts = ["all"];
  }
}

/** Puts the pieces of one sentence in order of execution. */
function readPieces(pieces: readonly Piece[], state: Reading, flow: Flow): void {
  let condition: string | null = null;
  let mention: Mention | null = null;
  let instead: readonly Draft[] = [];
  let pending: { role: "before" | "after" | "once"; piece: Piece }[] = [];
  let lastMain: Draft[] = [];
  let then = flow.ordered;
  for (const [index, piece] of pieces.entries()) {
    if (state.drafts.length > maxDrafts) break;
    const next = pieces[index + 1];
    const leads =
      lastMain.length === 0 ||
      (piece.prefix && next?.role === "main" && next.link !== "and" && next.link !== "then");
    if (piece.otherwise) {
      const turned = condition ?? lastCondition(state);
      instead = draftsUnder(state, turned);
      condition = negated(turned);
    }
    if (piece.role === "condition" && /^until/i.test(piece.opening) && isWaiting(pieces[index - 1])) continue;
    if (piece.role === "condition") {
      const text = [piece.opening, plain(piece.tokens)].join(" ");
      if (leads) {
        condition = text;
        then ||= piece.link === "then";
        mention = subjectOf(piece.tokens, state.known) ?? mention;
      } else lastMain.forEach((draft) => (draft.condition ??= text));
    } else if (piece.role === "not") mention = addConstraint(state, lastMain, piece) ?? mention;
    else if (piece.role !== "main" && leads) pending.push({ role: piece.role, piece });
    else if (piece.role !== "main") attachMoment(piece, state, lastMain);
    else {
      const reason = next?.role === "main" ? reasonOf(piece.tokens, state.known) : undefined;
      if (reason !== undefined && lastMain.length === 0) {
        mention = reason;
        continue;
      }
      const link = then || piece.link === "then" ? "then" : piece.link;
      const made = readMain({ ...piece, link }, state, flow);
      for (const draft of made) {
        draft.condition ??= condition;
        draft.instead = instead;
        draft.mention ??= mention ?? instead[0]?.mention ?? null;
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
  const last = state.drafts[state.drafts.length - 1];
  if (last !== undefined) for (const text of state.held.splice(0)) appendNot(last, text);
}

/** "wait until it is ready": the order says it already. */
const isWaiting = (piece: Piece | undefined): boolean => /^wait/i.test(piece?.tokens[0]?.lower ?? "");

/** Where a time begins that ends right before a token; that token when there is none. */
function timeBefore(tokens: readonly Token[], end: number): number {
  const from = tokens.findIndex((_, at) => at > 0 && at < end && findTime(tokens, at)?.used === end - at);
  return from < 0 ? end : from;
}

/** "On web1: …", "On web1, …" at the start of a sentence: where everything in it happens. */
function takeScope(tokens: readonly Token[], known: Known): { tokens: readonly Token[]; hosts: string[] } {
  if (tokens[0]?.lower !== "on" && tokens[0]?.lower !== "for") return { tokens, hosts: [] };
  const verbAt = tokens.findIndex(
    (token, index) =>
      index > 0 &&
      token.kind === "word" &&
      findVerb(tokens, index)?.form === "base" &&
      !(token.lower === "host" && /^(?:the|every|each|this|that)$/.test(tokens[index - 1]?.lower ?? "")),
  );
  const colon = tokens.findIndex((token) => token.kind === "colon");
  const lastComma = tokens.findLastIndex(
    (token, index) => token.kind === "comma" && (verbAt < 0 || index < verbAt),
  );
  const end = colon > 0 ? colon : lastComma > 0 ? lastComma : verbAt - 1;
  if (end < 1 || (tokens[0]?.lower === "for" && colon < 0)) return { tokens, hosts: [] };
  const to = colon > 0 || lastComma > 0 ? end : timeBefore(tokens, verbAt);
  const hosts = hostsOf(tokens.slice(1, to), known);
  return hosts.length === 0
    ? { tokens, hosts }
    : { tokens: tokens.slice(colon > 0 || lastComma > 0 ? end + 1 : to), hosts };
}
