import { looksLikeHost } from "./hosts.ts";
import type { Known } from "./hosts.ts";
import { pronouns, stopWords } from "./lexicon.ts";
import type { Token } from "./tokens.ts";

/** What comes before or after the others, of the hosts of a wish or of the targets of a sentence; the rest stays as it is listed. */
export type NamedOrder = { readonly first: readonly string[]; readonly last: readonly string[] };

export const asListed: NamedOrder = { first: [], last: [] };

/** The hosts in that order; those that it does not name stay as they are listed. */
export function sortHosts(hosts: readonly string[], { first, last }: NamedOrder): string[] {
  const named = (list: readonly string[]): string[] =>
    list.flatMap((name) => hosts.find((host) => host.toLowerCase() === name.toLowerCase()) ?? []);
  const [front, back] = [named(first), named(last)];
  return [...front, ...hosts.filter((host) => !front.includes(host) && !back.includes(host)), ...back];
}

const isJoint = (token: Token | undefined): boolean =>
  token?.kind === "comma" || /^(?:and|but|with|then|do|please)$/.test(token?.lower ?? "");
const goes = /^(?:goes|going|being|is|comes|gets|should|be|go)$/;

/**
 * Takes an order between hosts or targets that were named before out of a sentence: "…, web1 first", "… starting with web2",
 * "…, first web1 then web2". "Restart caddy on edge1 first, then edge2" names its hosts only once: that is no such order.
 */
export function takeOrder(
  tokens: readonly Token[],
  known: Known,
): { tokens: readonly Token[]; order: NamedOrder | undefined } {
  let rest = normalised(tokens);
  let order: NamedOrder | undefined;
  for (let from = 1; ;) {
    const found = findOrder(rest, { from, known });
    if (found === undefined) return { tokens: rest, order };
    order = {
      first: [...(order?.first ?? []), ...found.first],
      last: [...(order?.last ?? []), ...found.last],
    };
    rest = [...rest.slice(0, found.from), ...rest.slice(found.to)];
    from = found.from;
  }
}

type Found = NamedOrder & { readonly from: number; readonly to: number };

function findOrder(
  tokens: readonly Token[],
  { from: begin, known }: { from: number; known: Known },
): Found | undefined {
  for (let at = begin; at < tokens.length; at += 1) {
    const found = placeAt(tokens, at, known) ?? startingAt(tokens, at) ?? sequenceAt(tokens, at);
    if (found === undefined) continue;
    let from = at;
    while (from > 1 && isJoint(tokens[from - 1])) from -= 1;
    return { ...found, from };
  }
  return undefined;
}

const longestName = 5;

/** A host or target that was named before this place, in the same words, and where it ends. */
function namedAt(tokens: readonly Token[], at: number): { name: string; to: number } | undefined {
  const first = tokens[at];
  const isName = first?.kind === "name" || (first?.kind === "word" && /^[a-z][\w.-]*$/i.test(first.text));
  if (first === undefined || !isName || stopWords.has(first.lower) || pronouns.has(first.lower))
    return undefined;
  for (let length = longestName; length >= 1; length -= 1) {
    const said = tokens.slice(at, at + length);
    const isSaid = (from: number): boolean =>
      said.every((token, ahead) => tokens[from + ahead]?.lower === token.lower && token.kind !== "comma");
    const isNamed = tokens.some((_, from) => from + length <= at && isSaid(from));
    if (isNamed) return { name: said.map((token) => token.text).join(" "), to: at + length };
  }
  return undefined;
}

/** Behind a comma, "and" or "but", or right behind the list that it repeats: not behind a verb or "on". */
function isApart(tokens: readonly Token[], at: number, known: Known): boolean {
  const before = tokens[at - 1];
  return isJoint(before) || (before !== undefined && looksLikeHost(before.text, known));
}

const ends = (tokens: readonly Token[], at: number): boolean => {
  const next = tokens[at];
  return next === undefined || isJoint(next);
};

const isPlace = (word: string): boolean => word === "first" || word === "last";

/** "web1 first", "web2 goes last", "web1 first, then web2". */
function placeAt(tokens: readonly Token[], at: number, known: Known): Found | undefined {
  const near = tokens.slice(at + 1, at + longestName + 3).some((token) => isPlace(token.lower));
  const named = near && isApart(tokens, at, known) ? namedAt(tokens, at) : undefined;
  if (named === undefined) return undefined;
  let { to } = named;
  while (goes.test(tokens[to]?.lower ?? "")) to += 1;
  const place = tokens[to]?.lower ?? "";
  if (!isPlace(place) || !ends(tokens, to + 1)) return undefined;
  if (place === "last") return { first: [], last: [named.name], from: at, to: to + 1 };
  const more = followers(tokens, to + 1);
  return { first: [named.name, ...more.names], last: [], from: at, to: more.to };
}

/** "starting with web2". */
function startingAt(tokens: readonly Token[], at: number): Found | undefined {
  const starts =
    /^(?:starting|beginning|start|begin)$/.test(tokens[at]?.lower ?? "") &&
    /^(?:with|on|at|from)$/.test(tokens[at + 1]?.lower ?? "");
  const named = starts ? namedAt(tokens, at + 2) : undefined;
  if (named === undefined || !ends(tokens, named.to)) return undefined;
  const more = followers(tokens, named.to);
  return { first: [named.name, ...more.names], last: [], from: at, to: more.to };
}

/** "first web1, then web2". */
function sequenceAt(tokens: readonly Token[], at: number): Found | undefined {
  if (tokens[at]?.lower !== "first") return undefined;
  const from = /^(?:on|onto|to)$/.test(tokens[at + 1]?.lower ?? "") ? at + 2 : at + 1;
  const named = namedAt(tokens, from);
  const more = named === undefined ? undefined : followers(tokens, named.to);
  if (named === undefined || more === undefined || more.names.length === 0) return undefined;
  return { first: [named.name, ...more.names], last: [], from: at, to: more.to };
}

/** ", then web2 and then web3": only what was named before. */
function followers(tokens: readonly Token[], from: number): { names: string[]; to: number } {
  const names: string[] = [];
  let to = from;
  for (;;) {
    let at = to;
    while (isJoint(tokens[at])) at += 1;
    const then = tokens.slice(to, at).some((token) => token.lower === "then");
    if (then && /^(?:on|onto|to)$/.test(tokens[at]?.lower ?? "")) at += 1;
    const named = then ? namedAt(tokens, at) : undefined;
    if (named === undefined || !ends(tokens, named.to)) return { names, to };
    names.push(named.name);
    to = named.to;
  }
}

const oneAfterAnother = ["one", "after"];

/** "One after the other" holds a word that would open a clause of its own. */
function normalised(tokens: readonly Token[]): Token[] {
  const rest: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const says = oneAfterAnother.every((word, ahead) => tokens[at + ahead]?.lower === word);
    const length = !says ? 0 : /^another$/.test(tokens[at + 2]?.lower ?? "") ? 3 : 4;
    const ending = tokens[at + length - 1]?.lower;
    if (says && (ending === "another" || ending === "other")) {
      for (const word of ["in", "that", "order"])
        rest.push({ text: word, lower: word, kind: "word", ordered: false });
      at += length - 1;
    } else {
      const token = tokens[at];
      if (token !== undefined) rest.push(token);
    }
  }
  return rest;
}
