import { z } from "zod";

/** RFC 9457 problem document, the body of every error answer. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    /** What happened, and why. */
    detail: z.string(),
    /** Stable word for programs. */
    code: z.string(),
    /** Whether the same call may succeed later. */
    retryable: z.boolean(),
    /** What to do next. */
    hint: z.string().nullable(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;
