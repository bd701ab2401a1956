import { parseClause } from "./clause.ts";
import { hostsOf } from "./hosts.ts";
import type { Known } from "./hosts.ts";
import { pronouns } from "./lexicon.ts";
import type { Piece } from "./pieces.ts";
import { appendNot, plain } from "./reading.ts";
import type { Reading } from "./reading.ts";
import type { Draft, Mention } from "./references.ts";
import { startAt } from "./segment.ts";
import type { Token } from "./tokens.ts";
import { findNounVerb } from "./verbs.ts";

/** The condition that "otherwise" turns round. */
export const lastCondition = (state: Reading): string | null =>
  state.drafts.findLast((draft) => draft.condition !== null)?.condition ?? null;

/** The last wishes that stand under one condition: what an "otherwise" is the other case of. */
export function draftsUnder({ drafts }: Reading, condition: string | null): Draft[] {
  const from = drafts.findLastIndex((draft) => draft.condition !== condition) + 1;
  return condition === null ? [] : drafts.slice(from);
}

/** What a condition says, without the word that opens it, and without the "not" of an "otherwise". */
export const coreOf = (condition: string): string =>
  condition.replace(/^(?:if not: |(?:but )?(?:only )?(?:if|when|unless) )/i, "").toLowerCase();

/** The opposite of a condition, in words. */
export const negated = (condition: string | null): string => {
  if (condition === null) return "if not";
  if (/^unless /i.test(condition)) return condition.replace(/^unless /i, "if ");
  return `if not: ${condition.replace(/^(?:but )?(?:only )?(?:if|when) /i, "")}`;
};

/** What must not be done stays with the wish beside it. */
export function addConstraint(state: Reading, mains: readonly Draft[], piece: Piece): Mention | null {
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

/** "the wiki is slow, restart it": a reason, whose subject "it" means. Undefined for what is a wish. */
export function reasonOf(tokens: readonly Token[], known: Known): Mention | undefined {
  const at = tokens.findIndex((token) =>
    /^(?:is|are|isn't|aren't|keeps|hangs|crashes|crashed|doesn't|won't)$/.test(token.lower),
  );
  if (at < 1 || at === tokens.length - 1 || startAt(tokens, 0, false).kind !== "noun") return undefined;
  return subjectOf(tokens, known) ?? undefined;
}

const predicates =
  /^(?:be|is|are|isn't|aren't|was|were|has|have|hasn't|does|doesn't|did|didn't|fails|failed|changed|changes|succeeds|needs|exists|runs|stops|goes|cannot|can't|can|won't|already|keeps|hangs|crashes|crashed)$/;

/** What a condition speaks of: "if nginx is down on web1" makes "it" mean nginx on web1. */
export function subjectOf(tokens: readonly Token[], known: Known): Mention | null {
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
  return {
    target,
    hosts: place < 0 ? [] : hostsOf(tokens.slice(place + 1, place < end ? end : undefined), known),
  };
}
