import { compileSecrets, redactText, type SecretPatterns, type SecretValue } from "./redactor.ts";

/** Deeper values are replaced by a note: nothing that Chiffon stores is nested like that, and the walk must not overflow. */
const deepest = 100;

/**
 * A copy of a JSON value in which no string and no key holds a secret; a number that shows one becomes its marker.
 * `undefined` stays out of objects, as in JSON.
 */
export function redactJson(secrets: readonly SecretValue[] | SecretPatterns, value: unknown): unknown {
  const patterns = "markers" in secrets ? secrets : compileSecrets(secrets);
  return patterns.automaton === null ? value : walk(patterns, value, 0);
}

function walk(patterns: SecretPatterns, value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(patterns, value);
  if (typeof value === "number" || typeof value === "bigint") {
    const text = String(value);
    const redacted = redactText(patterns, text);
    return redacted === text ? value : redacted;
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth >= deepest) return "«nested too deeply»";
  if (Array.isArray(value)) return value.map((item) => walk(patterns, item, depth + 1));
  if (value instanceof Date) return value;
  return walkObject(patterns, value, depth);
}

function walkObject(patterns: SecretPatterns, value: object, depth: number): object {
  const entries = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const redacted = redactText(patterns, key);
    let free = redacted;
    // Two keys that differ only in a secret must both survive.
    for (let count = 2; entries.has(free); count++) free = `${redacted} (${count})`;
    entries.set(free, walk(patterns, item, depth + 1));
  }
  return Object.fromEntries(entries);
}
