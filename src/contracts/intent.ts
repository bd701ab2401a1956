import { z } from "zod";
import { Verb } from "./vocabulary.ts";

/** One wish inside a request, in order of execution. */
export const Intent = z.object({
  /** The part of the sentence that it comes from. */
  text: z.string(),
  verb: Verb,
  /** What it is about, as written without articles, for example `status page`. */
  target: z.string(),
  /** Host names as written. */
  hosts: z.array(z.string()),
  /** Parameters as written: `{ version: "2.1", port: "8080" }`. */
  params: z.record(z.string(), z.string()),
  /** Indexes of the intents that this one waits for. */
  after: z.array(z.int()),
  /** Text of the condition, or null. */
  condition: z.string().nullable(),
});
export type Intent = z.infer<typeof Intent>;

/** Why a unit was considered: what was compared, and how well it fitted. */
export const Candidate = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  /** 0..1 */
  confidence: z.number().min(0).max(1),
  /** One sentence for a person: "its name is 'status-page'". */
  evidence: z.string(),
});
export type Candidate = z.infer<typeof Candidate>;

/**
 * An intent with the decision of the gate. `auto`: one unit, confidence >= 0.85 with margin; `operation`: one of Chiffon's
 * own; `ask`: a person must choose; `none`: the catalogue has nothing that fits.
 */
export const MatchedIntent = Intent.extend({
  decision: z.enum(["auto", "ask", "none", "operation"]),
  confidence: z.number().min(0).max(1),
  method: z.enum(["exact", "learned", "lexical", "semantic", "none"]),
  /** Best first; at most 10. */
  candidates: z.array(Candidate),
  /** The nearest unit by meaning, where a model was asked. */
  semantic: z.object({ embedder: z.string(), unit: z.string(), similarity: z.number() }).optional(),
  /** What a person should know about how it was found, a sentence. */
  note: z.string().optional(),
});
export type MatchedIntent = z.infer<typeof MatchedIntent>;
