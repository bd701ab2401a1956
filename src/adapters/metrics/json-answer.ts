import { z } from "zod";

/** Of an answer in JSON, which the tool may precede by warnings, what fits the schema. */
export function parseJsonAnswer<T>(text: string, schema: z.ZodType<T>): T | undefined {
  const from = text.search(/^[{[]/m);
  const to = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  if (from < 0 || to < from) return undefined;
  try {
    return schema.safeParse(JSON.parse(text.slice(from, to + 1))).data;
  } catch {
    return undefined;
  }
}
