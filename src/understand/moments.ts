import { looksLikeHost } from "./hosts.ts";
import { parseClause } from "./clause.ts";
import type { Wish } from "./clause.ts";
import type { Piece } from "./pieces.ts";
import { isWish, newDraft, plain } from "./reading.ts";
import type { Reading } from "./reading.ts";
import type { Draft } from "./references.ts";
import type { Token } from "./tokens.ts";
import { findLightVerb, findNounVerb, findVerb } from "./verbs.ts";

/** "before upgrading X", "after updating Y", "once it is up": order, and perhaps a wish of its own. */
export function attachMoment(piece: Piece, state: Reading, mains: readonly Draft[]): void {
  const start = state.drafts.indexOf(mains[0] as Draft);
  const gerund =
    (findLightVerb(piece.tokens, 0) ?? findVerb(piece.tokens, 0))?.form === "ing" ||
    /^(?:you|we|i)$/.test(piece.tokens[0]?.lower ?? "");
  if (gerund && piece.role !== "once") {
    const clause = parseClause(withoutPerson(piece.tokens), state.known, undefined);
    const wishes = clause.wishes.filter((wish) => isWish(wish, clause));
    const known = wishes.every((wish) =>
      state.drafts.some((draft, index) => index < start && sameWish(draft.wish, wish)),
    );
    if (known && wishes.length > 0) {
      mains.forEach((draft) => (draft.link = "then"));
      return;
    }
    const made = wishes.map((wish) => newDraft(wish, { sentence: piece.sentence }));
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

/** "you stop it", "we have stopped it": the wish without the person, the verb in its plain form. */
function withoutPerson(tokens: readonly Token[]): readonly Token[] {
  const rest = /^(?:you|we|i)$/.test(tokens[0]?.lower ?? "") ? tokens.slice(1) : tokens;
  if (!/^(?:have|has|'ve|had)$/.test(rest[0]?.lower ?? "")) return rest;
  const [done, ...more] = rest.slice(1);
  const verb = done === undefined ? undefined : findVerb([done, ...more], 0);
  if (done === undefined || verb?.form !== "ed") return rest.slice(1);
  const plainForm = verb.phrase.split(" ")[0] ?? done.text;
  return [{ ...done, text: plainForm, lower: plainForm }, ...more];
}

const sameWish = (a: Wish, b: Wish): boolean =>
  a.verb === b.verb && (b.reference !== "none" || a.target.toLowerCase() === b.target.toLowerCase());

/** "after the upgrade", "once it is up": refers to an earlier wish, or is a condition or a time. */
function attachState(
  piece: Piece,
  state: Reading,
  { mains, start }: { mains: readonly Draft[]; start: number },
): void {
  const text = plain(piece.tokens);
  if (text === "" || orderHosts(text, { piece, state, mains, start })) return;
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

/** "restart nginx on web1 before web2": the same wish on the other host, in that order. False when it says something else. */
function orderHosts(
  host: string,
  { piece, state, mains, start }: { piece: Piece; state: Reading; mains: readonly Draft[]; start: number },
): boolean {
  const [main] = mains;
  const isOther = main !== undefined && main.wish.hosts.length > 0 && !main.wish.hosts.includes(host);
  if (piece.role === "once" || mains.length !== 1 || !isOther || !looksLikeHost(host, state.known))
    return false;
  const isAboutHost = main.wish.hosts.includes(main.wish.target);
  const target = isAboutHost ? host : main.wish.target;
  const said = main.wish.text.replace(/ (?:before|after) .*$/i, "");
  const text = isAboutHost
    ? said.replace(main.wish.target, host)
    : `${said.replace(/ (?:on|onto|to) .*$/i, "")} on ${host}`;
  const copy: Draft = { ...main, wish: { ...main.wish, hosts: [host], target, text }, front: false };
  const [first, second] = piece.role === "before" ? [main, copy] : [copy, main];
  state.drafts.splice(Math.max(0, start), 1, first, second);
  first.link = main.link;
  second.link = "then";
  return true;
}
