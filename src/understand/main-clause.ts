import { parseClause } from "./clause.ts";
import type { Clause, Wish } from "./clause.ts";
import { asListed } from "./named-order.ts";
import { looksLikeHost } from "./hosts.ts";
import type { Piece } from "./pieces.ts";
import { appendNot, isWish, newDraft } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { markSiblings } from "./references.ts";
import type { Draft } from "./references.ts";

/** `header`: the sentence ends with a colon, so that its verb is for the list below. */
export type Flow = { ordered: boolean; listed: boolean; header: boolean };

/** A main clause becomes drafts; a clause without words of its own becomes none. */
export function readMain(piece: Piece, state: Reading, flow: Flow): Draft[] {
  const continues =
    piece.link === "then" ||
    (flow.listed && state.head !== undefined) ||
    piece.otherwise ||
    (piece.link === "and" && state.drafts.length > 0);
  const clause = parseClause(piece.tokens, state.known, continues ? state.head : undefined);
  if (!clause.said && clause.wishes.length === 1 && continues && onlyHosts(clause.wishes[0])) {
    return repeatOn(clause.wishes[0], piece, state);
  }
  const moved = continues ? movedHost(clause, piece, state) : undefined;
  if (moved !== undefined) return repeatOn(moved, piece, state);
  const wishes = clause.wishes.filter(
    (wish) => isWish(wish, clause) && !(flow.header && wish.target === "" && wish.reference === "none"),
  );
  if (clause.said) state.head = clause.head;
  const drafts = wishes.map((wish): Draft => {
    if (wish.hosts.length === 0) wish.hosts = [...state.scope];
    const { sameHosts, said } = clause;
    const link = piece.link === "then" ? "then" : "none";
    return newDraft(wish, { link, front: piece.front, sentence: piece.sentence, sameHosts, said });
  });
  const again = repeated(drafts, clause, state);
  if (again !== undefined) return again;
  const [only] = drafts;
  if (clause.inOrder && drafts.length === 1 && only !== undefined) only.order = asListed;
  if (clause.inOrder) drafts.slice(1).forEach((draft) => (draft.link = "then"));
  else markSiblings(drafts);
  for (const text of state.held) drafts.forEach((draft) => appendNot(draft, text));
  if (drafts.length > 0) state.held = [];
  state.drafts.push(...drafts);
  return drafts;
}

/** "I need a wiki. Can you set one up on nas01?": the same wish once more, with what is new in it. */
function repeated(drafts: readonly Draft[], clause: Clause, state: Reading): Draft[] | undefined {
  const [draft] = drafts;
  const before = state.drafts[state.drafts.length - 1];
  const same =
    drafts.length === 1 &&
    clause.said &&
    draft?.wish.reference === "one" &&
    draft.wish.verb === "deploy" &&
    before?.wish.verb === "deploy" &&
    before.sentence !== draft.sentence &&
    before.wish.hosts.length === 0;
  if (!same || before === undefined || draft === undefined) return undefined;
  before.wish = {
    ...before.wish,
    hosts: draft.wish.hosts,
    params: { ...before.wish.params, ...draft.wish.params },
  };
  return [before];
}

/** "…, then web2" behind "… on web1": a host, not a new target. */
function movedHost(clause: Clause, piece: Piece, state: Reading): Wish | undefined {
  const before = state.drafts[state.drafts.length - 1]?.wish;
  const [place] = clause.wishes;
  if (
    clause.said ||
    piece.link !== "then" ||
    clause.wishes.length !== 1 ||
    place === undefined ||
    before === undefined
  )
    return undefined;
  // "restart web2" is about the host itself.
  const isPlace = place.hosts.every((host) => host === place.target);
  const isHost = isPlace && looksLikeHost(place.target, state.known);
  const wasElsewhere = before.hosts.length > 0 && !before.hosts.includes(before.target);
  return isHost && wasElsewhere ? { ...place, hosts: [place.target], target: "" } : undefined;
}

const onlyHosts = (wish: Wish | undefined): boolean =>
  wish !== undefined && wish.target === "" && wish.hosts.length > 0;

/** "…, then on web2": the same wish on other hosts, afterwards. */
function repeatOn(wish: Wish | undefined, piece: Piece, state: Reading): Draft[] {
  const before = state.drafts[state.drafts.length - 1];
  if (wish === undefined || before === undefined) return [];
  const copy: Wish = {
    ...before.wish,
    hosts: wish.hosts,
    params: { ...before.wish.params, ...wish.params },
    text: `${before.wish.text.replace(/ (?:on|onto|to) .*$/i, "")} on ${wish.hosts.join(" and ")}`,
  };
  const draft: Draft = {
    ...before,
    wish: copy,
    sentence: piece.sentence,
    link: piece.link === "then" ? "then" : "none",
    front: false,
  };
  state.drafts.push(draft);
  return [draft];
}
