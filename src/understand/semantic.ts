import type { Candidate, MatchedIntent } from "../contracts/intent.ts";
import type { Unit } from "../contracts/catalogue.ts";

/** Units by nearness of meaning to one wish, nearest first; `similarity` is -1 to 1. */
export type NearUnits = readonly { readonly unit: Unit; readonly similarity: number }[];

/** How far a model may be believed. */
export type SemanticTrust = { readonly embedder: string; readonly cap: number };

/** Below the gate: what a model proposes is asked about. */
export const uncalibratedCap = 0.84;
const calibratedCap = 0.95;
/** Confirmed choices before a calibration means anything. */
export const pairsNeeded = 200;
/* Share of them in which the nearest unit has to have been the right one, with a certainty of 95 %. */
const shareNeeded = 0.95;
/* Nearness by which a wish for which no words were found is asked about at all; at most so many units. */
const floor = 0.5;
const mostProposed = 3;
const mostCandidates = 10;
/* Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009): needs no common scale of words and vectors. */
const fusion = 60;

/**
 * The highest confidence that a similarity may show. It decides nothing by itself, since the gate takes no unit by meaning
 * alone: it says to a person how far the model was right before.
 */
export function decideSemanticCap({ pairs, right }: { pairs: number; right: number }): number {
  return pairs >= pairsNeeded && lowerBound(right, pairs) >= shareNeeded ? calibratedCap : uncalibratedCap;
}

/** Wilson's lower bound of a share, 95 %. */
function lowerBound(right: number, pairs: number): number {
  const z = 1.96;
  const share = right / pairs;
  const spread = z * Math.sqrt((share * (1 - share)) / pairs + (z * z) / (4 * pairs * pairs));
  return (share + (z * z) / (2 * pairs) - spread) / (1 + (z * z) / pairs);
}

/**
 * Orders what a person is asked about by words and by meaning together, and proposes units for a wish that no words fit. A
 * pick that needs no question stays as it is, and one that a name or an earlier choice put first stays first.
 */
export function addSemantic(intent: MatchedIntent, near: NearUnits, trust: SemanticTrust): MatchedIntent {
  const [nearest] = near;
  if (intent.decision === "auto" || intent.decision === "operation" || nearest === undefined) return intent;
  const { embedder, cap } = trust;
  const semantic = { embedder, unit: nearest.unit.id, similarity: nearest.similarity };
  if (intent.decision === "none") {
    const proposed = near.filter((each) => each.similarity >= floor).slice(0, mostProposed);
    const candidates = proposed.map((each) => toCandidate(each, trust));
    return candidates.length === 0
      ? { ...intent, semantic }
      : {
          ...intent,
          semantic,
          decision: "ask",
          method: "semantic",
          confidence: candidates[0]?.confidence ?? 0,
          candidates,
        };
  }
  const ordered = fuse(
    intent,
    near.filter((each) => each.similarity >= floor),
    trust,
  );
  const [first] = ordered;
  const moved = first?.id !== intent.candidates[0]?.id;
  return {
    ...intent,
    semantic,
    method: moved ? "semantic" : intent.method,
    confidence: Math.min(first?.confidence ?? 0, moved ? cap : 1),
    candidates: ordered,
  };
}

function fuse(intent: MatchedIntent, near: NearUnits, trust: SemanticTrust): Candidate[] {
  const words = new Map(intent.candidates.map((candidate, rank) => [candidate.id, { candidate, rank }]));
  const meaning = new Map(near.map((each, rank) => [each.unit.id, { each, rank }]));
  const kept =
    intent.method === "exact" || intent.method === "learned" ? intent.candidates[0]?.id : undefined;
  const all = [...new Set([...words.keys(), ...meaning.keys()])].map((id) => {
    const byWords = words.get(id);
    const byMeaning = meaning.get(id);
    const score =
      (byWords === undefined ? 0 : 1 / (fusion + byWords.rank)) +
      (byMeaning === undefined ? 0 : 1 / (fusion + byMeaning.rank)) +
      (id === kept ? 1 : 0);
    return { score, candidate: merged(byWords?.candidate, byMeaning?.each, trust) };
  });
  const sorted = all.flatMap(({ score, candidate }) =>
    candidate === undefined ? [] : [{ score, candidate }],
  );
  sorted.sort((a, b) => b.score - a.score || (a.candidate.id < b.candidate.id ? -1 : 1));
  // Best first: a number that grows further down would say something else than the order.
  let most = 1;
  return sorted.slice(0, mostCandidates).map(({ candidate }) => {
    most = Math.min(most, candidate.confidence);
    return { ...candidate, confidence: most };
  });
}

function merged(
  byWords: Candidate | undefined,
  byMeaning: NearUnits[number] | undefined,
  trust: SemanticTrust,
): Candidate | undefined {
  if (byMeaning === undefined) return byWords;
  const own = toCandidate(byMeaning, trust);
  return byWords === undefined
    ? own
    : {
        ...byWords,
        confidence: Math.max(byWords.confidence, own.confidence),
        evidence: `${byWords.evidence} ${own.evidence}`,
      };
}

function toCandidate({ unit, similarity }: NearUnits[number], { cap, embedder }: SemanticTrust): Candidate {
  const { id, name, path } = unit;
  const confidence = Math.round(Math.min(cap, Math.max(0, similarity)) * 1_000) / 1_000;
  return {
    id,
    name,
    path,
    confidence,
    evidence: `It is near in meaning (${similarity.toFixed(2)} by ${embedder}).`,
  };
}

const maxText = 2_000;

/** What of a unit is turned into a vector: names, what it does and what it says about itself. */
export function textOfUnit(unit: Unit): string {
  const named = [unit.name, ...unit.aliases.slice(0, 20)].join(", ");
  const does = unit.verbs.length === 0 ? "" : ` (${unit.verbs.join(", ")})`;
  return `${named}${does}. ${unit.description}`.slice(0, maxText);
}
