import { z } from "zod";
import { Instant } from "./vocabulary.ts";

/** Its id: that of a letter which a broker gave back, or `outbox-N` for a message that was never taken. */
export const DeadLetterId = z
  .string()
  .regex(/^(?:outbox-\d{1,15}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/, "expected an id of the list");

/** A message between server and agents that nobody could take. */
export const DeadLetter = z
  .object({
    id: DeadLetterId,
    at: Instant,
    queue: z.string(),
    reason: z.string(),
    /** Why it can never be given out again: it is no message, or not from whom it names. Null: it can. */
    problem: z.string().nullable(),
    /** Type of the message and its sender, where it is one. */
    type: z.string().nullable(),
    from: z.string().nullable(),
    /** How it begins; 2,000 characters at most. */
    excerpt: z.string(),
    replayedAt: Instant.nullable(),
    replayedBy: z.string().nullable(),
  })
  .meta({ id: "DeadLetter" });
export type DeadLetter = z.infer<typeof DeadLetter>;
