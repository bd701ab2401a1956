/**
 * A value for a jsonb column. The driver turns a JavaScript array into an SQL array and a string into itself, so every
 * value for jsonb goes through here. NUL characters, which PostgreSQL cannot store, become U+FFFD.
 */
export function json(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" && part.includes("\0") ? part.replaceAll("\0", "\uFFFD") : part,
  );
  if (text === undefined) throw new TypeError("undefined and functions have no JSON form");
  return text;
}
