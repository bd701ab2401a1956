import type { Sha256 } from "../../contracts/vocabulary.ts";
import { canonicalJson } from "../canonical-json.ts";
import type { Sha256Hex } from "../plan-hash.ts";

export interface StopFacts {
  readonly planHash: Sha256;
  /** Index of the step before which the run stops. */
  readonly step: number;
  /** The preview that was shown: its run and the digest of its result; null until it has ended. */
  readonly preview: { readonly runId: string; readonly result: Sha256 } | null;
}

/** What a second approval is bound to: the plan, the step and what its preview has shown. */
export function hashStop({ planHash, step, preview }: StopFacts, sha256: Sha256Hex): Sha256 {
  return sha256(
    canonicalJson({
      format: "chiffon-stop-1",
      plan_hash: planHash,
      step,
      preview: preview === null ? null : { run_id: preview.runId, result: preview.result },
    }),
  );
}
