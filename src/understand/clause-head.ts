import type { Verb } from "../contracts/vocabulary.ts";
import { isQuestion, skipOpeners } from "./segment.ts";
import type { Token } from "./tokens.ts";
import {
  findLightVerb,
  findMisspeltVerb,
  findNounVerb,
  findParticiple,
  findVerb,
  findWordVerb,
} from "./verbs.ts";
import type { VerbHit } from "./verbs.ts";

/** The verb of a clause and what is left of it. `said`: false when the verb comes from the clause before. */
export type Head = {
  verb: Verb;
  phrase: string;
  said: boolean;
  from: number;
  verbText: string;
  rest: Token[];
};

/** The words of tokens as written. */
export const plainText = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => token.text)
    .join(" ")
    .replace(/ ,/g, ",");

/** Finds the verb of a clause, in wishes, questions and passives. `inherited` is the verb of the clause before. */
export function headOf(tokens: readonly Token[], inherited: Head | undefined): Head {
  const at = skipOpeners(tokens, 0);
  const passive = passiveOf(tokens, at);
  if (passive !== undefined) return passive;
  const hit = findLightVerb(tokens, at) ?? findVerb(tokens, at);
  const asked = hit === undefined ? undefined : indirectQuestion(tokens, at + hit.used, hit);
  if (asked !== undefined) return { ...asked, from: at };
  if (hit !== undefined && hit.form !== "ed" && hit.form !== "third") {
    const taken = new Set<number>();
    if (hit.particle !== null)
      for (let index = 0; index < hit.particle.length; index += 1) taken.add(hit.particle.from + index);
    const rest = tokens.filter((_, index) => index >= at + hit.used && !taken.has(index));
    return {
      verb: hit.verb,
      phrase: hit.phrase,
      said: true,
      from: at,
      verbText: plainText(tokens.slice(at, at + hit.used)),
      rest,
    };
  }
  const first = tokens[at];
  if (first?.kind === "word" && tokens.length - at > 1) {
    const misspelt = findMisspeltVerb(first.lower);
    if (misspelt !== undefined) {
      return {
        verb: misspelt,
        phrase: first.lower,
        said: true,
        from: at,
        verbText: first.text,
        rest: tokens.slice(at + 1),
      };
    }
  }
  const wanted = tokens.slice(0, at).some((token) => /^(?:i'd|like|love|want|need|we'd)$/.test(token.lower));
  const has = tokens[at]?.lower === "have" && /^(?:a|an|some|another)$/.test(tokens[at + 1]?.lower ?? "");
  const rest = tokens.slice(has ? at + 1 : at);
  if (wanted || has)
    return { verb: "deploy", phrase: "want", said: true, from: at, verbText: "", rest: [...rest] };
  if (inherited !== undefined) {
    const own = rest[0]?.lower === "that" && rest.length > 2 ? rest.slice(1) : rest;
    return { ...inherited, said: false, from: at, rest: [...own] };
  }
  return { verb: "other", phrase: "", said: false, from: at, verbText: "", rest: [...rest] };
}

/** "tell me what is running on nas01", "check which services are down". */
function indirectQuestion(tokens: readonly Token[], next: number, hit: VerbHit): Head | undefined {
  const word = tokens[next]?.lower ?? "";
  const asks =
    /^(?:tell me|show|show me|list|see|check|find out|report|look up)$/.test(hit.phrase) &&
    /^(?:what|which|how)$/.test(word);
  const head = asks ? questionOf(tokens, next) : undefined;
  return head === undefined || hit.verb !== "check" ? head : { ...head, verb: "check" };
}

const askedStates: readonly (readonly [RegExp, Verb])[] = [
  [/^(?:outdated|obsolete|upgradable|upgradeable|behind|due)$/, "check"],
  [
    /^(?:running|up|alive|online|healthy|active|started|reachable|down|stopped|ok|okay|working|available|doing|fine|dead)$/,
    "status",
  ],
];

/** Questions ("is nginx running?") and passives ("nginx needs to be restarted"). */
function passiveOf(tokens: readonly Token[], at: number): Head | undefined {
  const words = tokens.map((token) => token.lower);
  if (isQuestion(tokens, at)) return questionOf(tokens, at);
  const modal = words.findIndex(
    (word, index) => index > at && /^(?:needs?|should|must|has|have|wants?)$/.test(word),
  );
  if (modal <= at || findVerb(tokens, at)?.form === "base") return undefined;
  for (let end = modal + 1; end < Math.min(words.length, modal + 6); end += 1) {
    const word = words[end] ?? "";
    const participle = findParticiple(words.slice(modal + 1, end + 1));
    const gerund = findWordVerb(word);
    const noun = findNounVerb(word);
    const verb = participle?.verb ?? (gerund?.form === "ing" ? gerund.verb : undefined) ?? noun;
    if (verb === undefined) continue;
    const more = words[end + 1];
    if (participle === undefined && more !== undefined && findParticiple([word, more]) !== undefined)
      continue;
    const rest = [...tokens.slice(at, modal), ...tokens.slice(end + 1)];
    return { verb, phrase: word, said: true, from: at, verbText: word, rest };
  }
  return undefined;
}

function questionOf(tokens: readonly Token[], at: number): Head | undefined {
  const rest = tokens.slice(at + 1);
  const states = rest.findIndex((token) => askedStates.some(([shape]) => shape.test(token.lower)));
  const state = rest[states]?.lower ?? "";
  const noun = rest.findIndex(
    (token) => token.lower === "status" || token.lower === "state" || token.lower === "health",
  );
  const first = tokens[at]?.lower ?? "";
  if (/^(?:do|does|did|have|has|why|who|where)$/.test(first) && states < 0 && noun < 0) {
    return { verb: "check", phrase: first, said: true, from: at, verbText: first, rest: [...rest] };
  }
  const verb = askedStates.find(([shape]) => shape.test(state))?.[1] ?? (noun >= 0 ? "status" : "check");
  const kept = rest.filter(
    (token, index) =>
      index !== states &&
      index !== noun &&
      !/^(?:is|are|the|what|of|there|currently|still|it's|which|how)$/.test(token.lower),
  );
  return { verb, phrase: first, said: true, from: at, verbText: first, rest: kept };
}
