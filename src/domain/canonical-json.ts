/** Any value that JSON can carry. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object; keys in any order. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** Deeper values are refused: hostile input must not exhaust the stack, and cycles end here too. */
const maxDepth = 256;

/**
 * The one JSON text of a value (RFC 8785, JCS): no white space, keys sorted by UTF-16 code units, numbers and strings
 * as ECMAScript writes them. Hash or sign its UTF-8 bytes. Throws a TypeError that names the path (never the value)
 * for what has no JSON text of its own: undefined, NaN and infinities, BigInt, functions, lone surrogates, holes,
 * instances of classes (Date, Map, …), symbols as keys, more than 256 levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

/** `path` holds the keys and indexes on the way to the value; its length is the depth. */
function write(value: unknown, path: (string | number)[]): string {
  switch (typeof value) {
    case "string":
      return writeString(value, path);
    case "number":
      if (!Number.isFinite(value)) throw refused(path, "a number that is not finite");
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (path.length >= maxDepth) throw refused(path, `more than ${maxDepth} levels, or a cycle`);
      return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path);
    default:
      throw refused(path, typeof value);
  }
}

/** Printable ASCII without quote and backslash is its own JSON text; nearly all strings are. */
const plain = /^[ !#-[\]-~]*$/;

function writeString(value: string, path: readonly (string | number)[]): string {
  if (plain.test(value)) return `"${value}"`;
  // JSON.stringify would write a lone surrogate as an escape, so two different readers could disagree on the text.
  if (!value.isWellFormed()) throw refused(path, "a string with a lone surrogate");
  return JSON.stringify(value);
}

function writeArray(value: readonly unknown[], path: (string | number)[]): string {
  let text = "[";
  // By index: a hole must be met as undefined, not passed over.
  for (let i = 0; i < value.length; i++) {
    if (i > 0) text += ",";
    path.push(i);
    text += write(value[i], path);
    path.pop();
  }
  return `${text}]`;
}

function writeObject(value: object, path: (string | number)[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isForeignPlain(prototype)) {
    throw refused(path, "an instance of a class");
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(path, "a symbol as key");
  const fields = value as Readonly<Record<string, unknown>>;
  let text = "{";
  // The default sort compares UTF-16 code units, as RFC 8785 section 3.2.3 asks.
  for (const key of Object.keys(value).sort()) {
    if (text.length > 1) text += ",";
    path.push(key);
    text += `${writeString(key, path)}:${write(fields[key], path)}`;
    path.pop();
  }
  return `${text}}`;
}

/** A plain object made in another realm (a vm context, a test environment) has that realm's Object.prototype. */
function isForeignPlain(prototype: unknown): boolean {
  return (
    typeof prototype === "object" &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, "hasOwnProperty")
  );
}

function refused(path: readonly (string | number)[], what: string): TypeError {
  const at = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
  return new TypeError(`Canonical JSON cannot carry ${what} at $${at}.`);
}
