import { closers, determiners, everything, pluralPronouns, pronouns } from "./lexicon.ts";
import { looksLikeHost } from "./hosts.ts";
import type { Known } from "./hosts.ts";
import { phraseText } from "./parameters.ts";
import type { Modifier } from "./parameters.ts";
import type { Token } from "./tokens.ts";
import { findVerb } from "./verbs.ts";
import type { Reference } from "./clause.ts";

/** One entry of the list of things that a wish is about, with what is said about it. */
export type Item = {
  target: string;
  reference: Reference;
  modifiers: Modifier[];
  text: string;
  params: Record<string, string>;
  respectively: boolean;
};

type Context = { verb: string; known: Known; splits: boolean };

const prepositions = new Set([
  "on",
  "onto",
  "at",
  "in",
  "into",
  "to",
  "from",
  "with",
  "for",
  "using",
  "via",
  "as",
  "by",
  "between",
  "under",
  "over",
  "through",
  "inside",
  "across",
  "against",
  "behind",
  "like",
]);

type Chunk = { head: Token[]; modifiers: Modifier[]; written: Token[]; params: Record<string, string> };

const newChunk = (): Chunk => ({ head: [], modifiers: [], written: [], params: {} });

/** Splits what follows the verb into its entries: "a and b on web1", "nextcloud with mariadb and redis". */
export function itemsOf(tokens: readonly Token[], context: Context): Item[] {
  const respectively = tokens.some((token) => token.lower === "respectively");
  const cleaned = cutClosers(
    cutPurpose(cutClosers(tokens.filter((token) => token.lower !== "respectively"))),
  );
  const chunks: Chunk[] = [newChunk()];
  for (let at = 0; at < cleaned.length; at += 1) {
    const token = cleaned[at];
    const chunk = chunks[chunks.length - 1];
    if (token === undefined || chunk === undefined) break;
    const modifier = chunk.modifiers[chunk.modifiers.length - 1];
    const separates = token.kind === "comma" || (token.kind === "word" && token.lower === "and");
    if (separates && token.text === ":") {
      if (modifier === undefined) Object.assign(chunk, { head: [], written: [] });
      continue;
    }
    if (separates) {
      if (isNewEntry(cleaned, at, { chunk, context })) chunks.push(newChunk());
      else {
        (modifier?.tokens ?? chunk.head).push(token);
        chunk.written.push(token);
      }
      continue;
    }
    if (token.kind === "value") {
      for (const [key, value] of Object.entries(token.values ?? {})) chunk.params[key] ??= value;
      continue;
    }
    chunk.written.push(token);
    const hostsOnly = token.kind === "word" && /^everywhere$/.test(token.lower);
    if (
      token.kind === "word" &&
      (prepositions.has(token.lower) || hostsOnly) &&
      !bindsToNoun(chunk, token, context)
    ) {
      chunk.modifiers.push({ prep: token.lower, tokens: hostsOnly ? [token] : [] });
    } else (modifier?.tokens ?? chunk.head).push(token);
  }
  return chunks
    .filter((chunk, index) => index === 0 || chunk.written.length > 0)
    .map((chunk) => itemOf(chunk, respectively));
}

/** "certificate for example.org", "user of grafana": the noun alone says too little. */
function bindsToNoun(chunk: Chunk, token: Token, context: Context): boolean {
  if (token.lower !== "for" || chunk.modifiers.length > 0) return false;
  const last = chunk.head[chunk.head.length - 1]?.lower ?? "";
  return (
    /^(?:certificates?|certs?|records?|users?|accounts?|database|config|configuration|rules?|backups?|passwords?|keys?|logs|settings|updates?|proxy|monitor|monitoring|alerts?)$/.test(
      last,
    ) && context.verb !== "deploy"
  );
}

function cutPurpose(tokens: readonly Token[]): Token[] {
  const at = tokens.findIndex((token, index) => {
    if (index === 0 || token.kind !== "word") return false;
    if (/^(?:which|who|because|since|whose|so)$/.test(token.lower)) return true;
    const next = tokens[index + 1];
    if (token.lower === "that")
      return next !== undefined && !/^(?:is|are)$/.test(tokens[index - 1]?.lower ?? "");
    return (
      token.lower === "to" &&
      next?.kind === "word" &&
      findVerb(tokens, index + 1)?.form === "base" &&
      !looksLikeNoun(tokens, index + 1)
    );
  });
  return at < 0 ? [...tokens] : tokens.slice(0, at);
}

const looksLikeNoun = (tokens: readonly Token[], at: number): boolean =>
  tokens[at + 1] === undefined || prepositions.has(tokens[at + 1]?.lower ?? "");

const closerPhrases = closers.map((phrase) => phrase.split(" ")).sort((a, b) => b.length - a.length);

function cutClosers(tokens: readonly Token[]): Token[] {
  const rest = [...tokens];
  for (;;) {
    while (rest[rest.length - 1]?.kind === "comma") rest.pop();
    const hit = closerPhrases.find(
      (words) =>
        rest.length > words.length &&
        words.every((word, index) => {
          const token = rest[rest.length - words.length + index];
          return token?.kind === "word" && token.lower === word;
        }),
    );
    if (hit === undefined) return rest;
    rest.splice(rest.length - hit.length);
  }
}

type Place = { chunk: Chunk; context: Context };

/** Whether the words behind a comma or "and" are one more target, or belong to the phrase before. */
function isNewEntry(tokens: readonly Token[], at: number, { chunk, context }: Place): boolean {
  if (chunk.written.length === 0) return false;
  const segment = tokens.slice(at + 1).findIndex((token) => token.kind === "comma" || token.lower === "and");
  const ahead = segment < 0 ? tokens.slice(at + 1) : tokens.slice(at + 1, at + 1 + segment);
  const first = ahead.find((token) => token.kind !== "value");
  if (first === undefined) return false;
  const prep = ahead.findIndex((token) => token.kind === "word" && prepositions.has(token.lower));
  const words = prep < 0 ? ahead : ahead.slice(0, prep);
  const modifier = chunk.modifiers[chunk.modifiers.length - 1];
  if (prep === 0) return false;
  if (!context.splits) return first.kind === "name" && chunk.head.some((token) => token.kind === "name");
  if (modifier === undefined) return true;
  const samePrep = prep > 0 && ahead[prep]?.lower === modifier.prep;
  if (modifier.prep === "on" || modifier.prep === "onto" || modifier.prep === "across") {
    return samePrep || !continuesHosts(words, modifier, context.known);
  }
  if (samePrep) return true;
  return modifier.prep === "for" && first.kind === "name";
}

function continuesHosts(words: readonly Token[], modifier: Modifier, known: Known): boolean {
  const name = words
    .filter((token) => !determiners.has(token.lower) && token.lower !== "both")
    .map((token) => token.text)
    .join(" ");
  if (words.some((token) => token.kind === "name") && !known.hosts.has(name.toLowerCase())) return false;
  if (looksLikeHost(name, known) || everything.has(name.toLowerCase())) return true;
  const before = modifier.tokens.filter((token) => token.kind !== "comma" && !determiners.has(token.lower));
  const shaped = before.length > 0 && before.every((token) => looksLikeHost(token.text, known));
  return !shaped || modifier.tokens[0]?.lower === "both";
}

function itemOf(chunk: Chunk, respectively: boolean): Item {
  const head = cutClosers(chunk.head);
  const everywhere = everything.has(phraseText2(head));
  while (
    head.length > 1 &&
    !everywhere &&
    /^(?:both|all|also|just|only)$/.test(head[0]?.lower ?? "") &&
    !isPronoun(head)
  )
    head.shift();
  while (
    /^(?:the|these|following|below|this)$/.test(head[0]?.lower ?? "") &&
    head.some((token) => token.lower === "following")
  )
    head.shift();
  const text = phraseText(chunk.written);
  const lower = phraseText2(head);
  if (/^(?:its|their)$/.test(head[0]?.lower ?? "") && head.length > 1) {
    return {
      target: phraseText(head.slice(1)),
      reference: "part",
      modifiers: chunk.modifiers,
      params: chunk.params,
      text,
      respectively,
    };
  }
  if (isPronoun(head)) {
    return {
      target: "",
      reference: pluralPronouns.has(lower) ? "many" : "one",
      modifiers: chunk.modifiers,
      params: chunk.params,
      text,
      respectively,
    };
  }
  const of = head.findIndex((token) => token.lower === "of");
  if (of > 0 && isPronoun(head.slice(of + 1))) {
    return {
      target: phraseText(head.slice(0, of)),
      reference: "part",
      modifiers: chunk.modifiers,
      params: chunk.params,
      text,
      respectively,
    };
  }
  return {
    target: targetText(head),
    reference: "none",
    modifiers: chunk.modifiers,
    params: chunk.params,
    text,
    respectively,
  };
}

const phraseText2 = (tokens: readonly Token[]): string => tokens.map((token) => token.lower).join(" ");

const isPronoun = (tokens: readonly Token[]): boolean => pronouns.has(phraseText2(tokens));

/** The target as written, without articles, possessives and the words "service", "daemon" behind a name. */
function targetText(tokens: readonly Token[]): string {
  const whole = phraseText2(tokens);
  if (everything.has(whole)) return whole;
  const kept = tokens.filter((token, index) => !(token.kind === "word" && isArticle(token.lower, index)));
  const text = (kept.length === 0 ? tokens : kept)
    .map((token) => token.text)
    .join(" ")
    .replace(/ ,/g, ",")
    .replace(/[\s,]+$/, "");
  const bare = text.replace(/\s+(?:services?|daemons?|systemd unit)$/i, "");
  return bare === "" ? text : bare;
}

const isArticle = (word: string, index: number): boolean =>
  /^(?:a|an|the)$/.test(word) ||
  (index === 0 && /^(?:my|our|your|some|any|this|that|another|me|us|if|whether|which|what)$/.test(word));
