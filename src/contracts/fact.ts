import { z } from "zod";

/** What can be compared of a machine. Sizes are bytes, shares percent, times seconds; `disk` is the file system at `/`. */
export const FactName = z.enum([
  "memory",
  "memory-free",
  "memory-used",
  "disk",
  "disk-free",
  "disk-used",
  "cores",
  "uptime",
  "system",
  "architecture",
]);
export type FactName = z.infer<typeof FactName>;

export const FactComparison = z.enum(["less", "at-most", "equal", "not-equal", "at-least", "more"]);
export type FactComparison = z.infer<typeof FactComparison>;

/** A comparison of a fact: `{ fact: "memory", is: "less", value: 2e9 }`; of texts only equal and not equal. */
export const FactTest = z.object({
  fact: FactName,
  is: FactComparison,
  /** For `system`: `debian` or `debian 12`. */
  value: z.union([z.number(), z.string().max(100)]),
});
export type FactTest = z.infer<typeof FactTest>;

const digits = z
  .string()
  .regex(/^\d{1,18}(?:\.\d{1,6})?$/)
  .transform(Number);
const amount = z.union([z.number().nonnegative(), digits]).optional().catch(undefined);
const name = z.string().min(1).max(100).optional().catch(undefined);

/**
 * What Chiffon's own operation "facts" says of a machine in numbers. The machine says it, so anything may stand there: what is no
 * number, or no short name, counts as not said.
 */
export const HostFacts = z.object({
  memory_mb: amount,
  memory_free_mb: amount,
  disk_bytes: amount,
  disk_free_bytes: amount,
  cores: amount,
  uptime_seconds: amount,
  system: name,
  version: name,
  architecture: name,
});
export type HostFacts = z.infer<typeof HostFacts>;
