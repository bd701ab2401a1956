import { z } from "zod";
import { Id, Instant, Verb } from "./vocabulary.ts";

/**
 * Words that people have confirmed to mean a unit. `counting`: confirmed, but not often enough to be taken without asking;
 * `learned`: taken like a name; `out-of-date`: the unit is gone or its content is another one, so it counts no more.
 */
export const LearnedAlias = z
  .object({
    id: Id,
    /** The words of the wish, evened out, without verb, hosts and values. */
    words: z.string(),
    verb: Verb,
    unit: z.string(),
    state: z.enum(["counting", "learned", "out-of-date"]),
    /** Approved plans in which a person chose this unit for these words, one after the other. */
    confirmations: z.int(),
    /** A person said that it holds from now on. */
    always: z.boolean(),
    confirmedBy: z.string(),
    confirmedAt: Instant,
  })
  .meta({ id: "LearnedAlias" });
export type LearnedAlias = z.infer<typeof LearnedAlias>;
