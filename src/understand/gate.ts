import type { Unit } from "../contracts/catalogue.ts";
import type { Candidate, Intent, MatchedIntent } from "../contracts/intent.ts";
import { shownConfidence } from "./calibrate.ts";
import type { IntentWords } from "./intent-words.ts";
import type { LinkKind } from "./name-links.ts";
import type { OperationChoice } from "./operation-choice.ts";
import type { IndexedUnit } from "./unit-index.ts";
import { destructiveVerbs } from "./verb-fit.ts";
import type { VerbFit } from "./verb-fit.ts";

/** A unit with its confidence for one wish, before the gate; what is shown of it is calibrated afterwards. */
export type Scored = {
  readonly item: IndexedUnit;
  readonly confidence: number;
  readonly kind: LinkKind | "learned" | "lexical" | "verb";
  readonly fit: VerbFit;
  readonly evidence: string;
  /** Of a learned one: the units that were offered beside it when it was chosen. */
  readonly rivals?: ReadonlySet<string>;
};

/** An automatic pick needs at least this. */
export const gateConfidence = 0.85;
/** And so much more than the second candidate. */
const gateMargin = 0.1;
/** Below this nothing is worth asking about. */
const floorConfidence = 0.15;

type Outcome = Pick<MatchedIntent, "decision" | "confidence" | "method" | "candidates">;
type Case = {
  intent: Intent;
  words: IntentWords;
  scored: readonly Scored[];
  operation: OperationChoice | undefined;
  alarming: boolean;
};

/** Decides whether one unit may be taken without asking, a person must choose, or nothing fits. */
export function decideGate({ intent, words, scored, operation, alarming }: Case): Outcome {
  const near = scored.filter(
    (entry) =>
      entry.confidence >= floorConfidence ||
      (entry.item.unit.minor && entry.kind !== "lexical" && entry.kind !== "verb"),
  );
  const candidates = near.map((entry) =>
    toCandidate(entry.item.unit, shownConfidence(entry.confidence), entry.evidence),
  );
  const [best] = near;
  const unsafe = destructiveVerbs.has(intent.verb) || words.allHosts || words.dangerous || alarming;
  if (operation !== undefined && !isOwnUnit(best, intent))
    return chooseOperation(operation, candidates, unsafe);
  if (best === undefined) return { decision: "none", confidence: 0, method: "none", candidates: [] };
  const method = best.kind === "exact" || best.kind === "learned" ? best.kind : "lexical";
  const clear =
    isClear(near) &&
    best.fit === "yes" &&
    !best.item.unit.minor &&
    // Found, so that a person hears why it cannot be run by itself.
    !(best.item.unit.kind === "tasks" && best.item.unit.problem !== null) &&
    best.kind !== "lexical" &&
    best.kind !== "verb";
  if (clear && !unsafe && best.confidence >= gateConfidence)
    return { decision: "auto", confidence: candidates[0]?.confidence ?? 0, method, candidates };
  const capped = candidates.map((candidate) => ({
    ...candidate,
    confidence: unsafe || !clear ? Math.min(candidate.confidence, 0.84) : candidate.confidence,
  }));
  return { decision: "ask", confidence: capped[0]?.confidence ?? 0, method, candidates: capped };
}

/** A unit of the user's that is named for exactly this ("restart nginx") goes before Chiffon's own operation. */
const isOwnUnit = (best: Scored | undefined, intent: Intent): boolean =>
  best !== undefined &&
  best.confidence >= gateConfidence &&
  (best.item.verbs.has(intent.verb) || best.kind === "learned") &&
  best.kind !== "lexical" &&
  best.kind !== "verb";

function chooseOperation(
  operation: OperationChoice,
  candidates: readonly Candidate[],
  unsafe: boolean,
): Outcome {
  const own = toCandidate(operation.unit, operation.confidence, operation.evidence);
  const all = [
    own,
    ...candidates.map((candidate) => ({
      ...candidate,
      confidence: Math.min(candidate.confidence, operation.confidence),
    })),
  ];
  const decision = unsafe || operation.confidence < gateConfidence ? "ask" : "operation";
  const method = operation.learned === true ? "learned" : "exact";
  return { decision, confidence: operation.confidence, method, candidates: all };
}

/** The others must be clearly behind, or have been there when a person chose this one. */
function isClear([best, ...others]: readonly Scored[]): boolean {
  if (best === undefined) return false;
  return others.every(
    ({ item, confidence }) =>
      best.confidence - confidence >= gateMargin || best.rivals?.has(item.unit.id) === true,
  );
}

/** A candidate as the contract shows it. */
const toCandidate = (unit: Unit, confidence: number, evidence: string): Candidate => ({
  id: unit.id,
  name: unit.name,
  path: unit.path,
  confidence,
  evidence,
});
