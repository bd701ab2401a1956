/**
 * Text as databases and other programs can carry it: without NUL, and with U+FFFD for halves of characters. Ansible passes on
 * whatever bytes a module prints, and both would make PostgreSQL refuse the whole message, for ever.
 */
export function plainText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\u{FFFD}");
}

/** The same for every text inside a JSON value, names of members included. */
export function plainJson<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return plainText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [plainText(name), clean(each)]));
}
