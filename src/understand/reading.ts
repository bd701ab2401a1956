import type { Clause, Wish } from "./clause.ts";
import type { Head } from "./clause-head.ts";
import type { Known } from "./hosts.ts";
import type { Draft } from "./references.ts";
import type { Token } from "./tokens.ts";

/** What is known while the sentences of a request are read one after the other. */
export type Reading = {
  readonly known: Known;
  /** Wishes so far, in order of execution. */
  readonly drafts: Draft[];
  /** Verb of the last wish, for lists and "then". */
  head: Head | undefined;
  /** Hosts of "On web1: …". */
  scope: string[];
  /** Inside a list whose heading had the verb. */
  listHead: boolean;
  /** Prohibitions that wait for the first wish. */
  held: string[];
};

/** A wish as a draft whose pronouns and order are still open. */
export const newDraft = (wish: Wish, given: Partial<Draft> & { sentence: number }): Draft => ({
  wish,
  link: "none",
  front: false,
  condition: null,
  sameHosts: false,
  mention: null,
  said: true,
  instead: [],
  order: null,
  ...given,
});

/** The words as written, without commas and colons at the end. */
export const plain = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => token.text)
    .join(" ")
    .replace(/ ,/g, ",")
    .replace(/[\s,:]+$/, "")
    .trim();

/** Keeps what must not be done with a wish. */
export const appendNot = (draft: Draft, text: string): void => {
  const before = draft.wish.params["not"];
  draft.wish.params["not"] = before === undefined ? text : `${before}; ${text}`;
};

/** A wish needs a verb that was said or taken over, and something that it is about. */
export function isWish(wish: Wish, clause: Clause): boolean {
  const asks = clause.verb === "check" || clause.verb === "status";
  if (/^nothing$|^neither\b/i.test(wish.target) || (!asks && /^anything$/i.test(wish.target))) return false;
  if (clause.verb === "other" && /^(?:yes|no|nope|yep|yeah|sure|ok|okay|none)$/i.test(wish.target))
    return false;
  // "If that fails, stop there": nothing is done.
  if (clause.verb === "stop" && /^there$/i.test(wish.target)) return false;
  const empty = wish.target === "" && wish.reference === "none";
  if (empty && /^(?:tell me|let me know|keep me posted|notify|report|warn)/i.test(clause.verbText))
    return false;
  if (!clause.said && clause.verb === "other") return !empty || wish.hosts.length > 0;
  if (!empty) return true;
  return clause.said && (clause.verb !== "other" || wish.hosts.length > 0) && clause.verbText !== "";
}
