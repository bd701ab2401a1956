import { plainNode, textNode, type ExactNode } from "../yaml/exact.ts";

/*
 * Ansible gives the values of an INI inventory to Python's literal_eval and keeps what that does not take as text. This
 * reads the same literals: numbers, strings, booleans, None, lists, tuples and dictionaries.
 */

/** The value of `text`; `undefined` when Python would take it for a literal of a kind that cannot be written as YAML. */
export function readIniValue(text: string): ExactNode | undefined {
  const reader: Reader = { text, at: 0, depth: 0 };
  const asText = textNode(text);
  // Python: an indented text is no expression.
  if (text === "" || /^[\s#]/.test(text)) return text.trimStart() === text ? asText : readIndented(text);
  try {
    const node = readSequence(reader);
    skipBlanks(reader);
    return reader.at === text.length ? node : asText;
  } catch (error) {
    if (error instanceof NotLiteral) return asText;
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

/* literal_eval strips blanks and tabs at the beginning, and nothing else. */
function readIndented(text: string): ExactNode | undefined {
  const stripped = text.replace(/^[ \t]+/, "");
  if (stripped === text || stripped === "" || /^[\s#]/.test(stripped)) return textNode(text);
  const read = readIniValue(stripped);
  const isText = read?.kind === "scalar" && !read.plain && read.text === stripped && !/^["']/.test(stripped);
  return isText ? textNode(text) : read;
}

/** Not a literal: text for Ansible. */
class NotLiteral extends Error {}
/** A literal that we have no form for. */
class Unknown extends Error {}

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

const maxDepth = 90;
const number =
  /(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?|[0-9](?:_?[0-9])*(?:\.(?:[eE][-+]?[0-9](?:_?[0-9])*)?|[eE][-+]?[0-9](?:_?[0-9])*)?)/y;
const word = /[\p{L}_][\p{L}\p{N}_]*/uy;

function skipBlanks(reader: Reader): void {
  const { text } = reader;
  while (/[ \t\f]/.test(text[reader.at] ?? "")) reader.at += 1;
  // A comment, unless something is still open: then the rest of it is missing.
  if (text[reader.at] === "#" && reader.depth === 0) reader.at = text.length;
}

/* `1, 2` without brackets is a tuple too. */
function readSequence(reader: Reader): ExactNode {
  const first = readValue(reader);
  skipBlanks(reader);
  if (reader.text[reader.at] !== ",") return first;
  const items = [first];
  while (reader.text[reader.at] === ",") {
    reader.at += 1;
    skipBlanks(reader);
    if (reader.at >= reader.text.length) break;
    items.push(readValue(reader));
    skipBlanks(reader);
  }
  return { kind: "list", items, tag: null };
}

function readValue(reader: Reader): ExactNode {
  skipBlanks(reader);
  const char = reader.text[reader.at] ?? "";
  if (char === "-" || char === "+") return readSigned(reader);
  if (char === '"' || char === "'") return textNode(readStrings(reader));
  if (char === "[" || char === "(") return readList(reader, char === "[" ? "]" : ")");
  if (char === "{") return readBraces(reader);
  if (/[0-9.]/.test(char)) return readNumber(reader, "");
  word.lastIndex = reader.at;
  const name = word.exec(reader.text)?.[0];
  if (name === undefined) throw new NotLiteral();
  if (/^["']/.test(reader.text.slice(reader.at + name.length)) && /^(?:[bB][rR]?|[rR][bB]?|[uU])$/.test(name))
    throw new Unknown();
  const known: Record<string, string> = { True: "true", False: "false", None: "null" };
  const plain = Object.hasOwn(known, name) ? known[name] : undefined;
  if (plain === undefined) {
    if (name === "set" && /^set\s*\(\s*\)\s*$/.test(reader.text.slice(reader.at))) throw new Unknown();
    throw new NotLiteral();
  }
  reader.at += name.length;
  return plainNode(plain);
}

function readSigned(reader: Reader): ExactNode {
  let sign = "";
  while (/[-+ \t]/.test(reader.text[reader.at] ?? "")) {
    const char = reader.text[reader.at] ?? "";
    // literal_eval takes one sign only.
    if (char === "-" || char === "+") {
      if (sign !== "") throw new NotLiteral();
      sign = char;
    }
    reader.at += 1;
  }
  if (!/[0-9.]/.test(reader.text[reader.at] ?? "")) throw new NotLiteral();
  return readNumber(reader, sign === "-" ? "-" : "");
}

function readNumber(reader: Reader, sign: string): ExactNode {
  number.lastIndex = reader.at;
  const found = number.exec(reader.text)?.[0];
  if (found === undefined) throw new NotLiteral();
  const written = found.replaceAll("_", "");
  const next = reader.text[reader.at + found.length] ?? "";
  // `3j`, `1+2j`.
  if (/[jJ]/.test(next)) throw new Unknown();
  // Also `022`, which Python refuses, and `1.2.3.4` or `10px`.
  if (/^0[0-9]*[1-9]/.test(written) && !/[.eExXoObB]/.test(written)) throw new NotLiteral();
  if (/[\p{L}\p{N}_.]/u.test(next)) throw new NotLiteral();
  reader.at += found.length;
  const rest = reader.text.slice(reader.at);
  if (/^\s*[-+]\s*[0-9.][0-9_.eE+-]*[jJ]/.test(rest)) throw new Unknown();
  if (/[.eE]/.test(written) && !/^0[xX]/.test(written)) return plainNode(floatText(sign, written));
  return plainNode(`${sign === "-" && BigInt(written) !== 0n ? "-" : ""}${BigInt(written)}`);
}

/* YAML 1.1 takes `1e5` for text: a point and a signed exponent make it a number for every reader. */
function floatText(sign: string, written: string): string {
  const value = Number(written);
  if (value === Infinity) return sign === "-" ? "-.inf" : ".inf";
  const [mantissa = "0", exponent] = String(value).split("e");
  const pointed = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
  if (exponent === undefined) return `${sign}${pointed}`;
  return `${sign}${pointed}e${exponent.startsWith("-") ? exponent : `+${exponent.replace("+", "")}`}`;
}

function open(reader: Reader): void {
  reader.depth += 1;
  reader.at += 1;
  if (reader.depth > maxDepth) throw new Unknown();
}

function readList(reader: Reader, close: string): ExactNode {
  const items: ExactNode[] = [];
  open(reader);
  let commas = 0;
  for (skipBlanks(reader); reader.text[reader.at] !== close; skipBlanks(reader)) {
    items.push(readValue(reader));
    skipBlanks(reader);
    if (reader.text[reader.at] === ",") {
      reader.at += 1;
      commas += 1;
    } else if (reader.text[reader.at] !== close) throw new NotLiteral();
  }
  reader.at += 1;
  reader.depth -= 1;
  const [only] = items;
  // `(x)` is x in brackets, `(x,)` a tuple.
  return close === ")" && commas === 0 && only !== undefined ? only : { kind: "list", items, tag: null };
}

function readBraces(reader: Reader): ExactNode {
  const entries: [ExactNode, ExactNode][] = [];
  open(reader);
  for (skipBlanks(reader); reader.text[reader.at] !== "}"; skipBlanks(reader)) {
    const key = readValue(reader);
    skipBlanks(reader);
    // A set.
    if (reader.text[reader.at] !== ":")
      throw /[,}]/.test(reader.text[reader.at] ?? "") ? new Unknown() : new NotLiteral();
    reader.at += 1;
    if (key.kind !== "scalar") throw new Unknown();
    entries.push([key, readValue(reader)]);
    skipBlanks(reader);
    if (reader.text[reader.at] === ",") reader.at += 1;
    else if (reader.text[reader.at] !== "}") throw new NotLiteral();
  }
  reader.at += 1;
  reader.depth -= 1;
  return { kind: "map", entries, tag: null };
}

/* Strings that stand behind each other are one. */
function readStrings(reader: Reader): string {
  let all = "";
  while (/["']/.test(reader.text[reader.at] ?? "")) {
    all += readString(reader);
    skipBlanks(reader);
  }
  return all;
}

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function readString(reader: Reader): string {
  const { text } = reader;
  const quote = text[reader.at] ?? "";
  const close = text.startsWith(quote.repeat(3), reader.at) ? quote.repeat(3) : quote;
  reader.at += close.length;
  let value = "";
  for (;;) {
    const char = text[reader.at];
    if (char === undefined) throw new NotLiteral();
    if (text.startsWith(close, reader.at)) break;
    if (char === "\\") value += readEscape(reader);
    else {
      value += char;
      reader.at += 1;
    }
  }
  reader.at += close.length;
  return value;
}

function readEscape(reader: Reader): string {
  const rest = reader.text.slice(reader.at + 1, reader.at + 10);
  const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
  const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
  const named = rest === "" ? undefined : escapes[rest[0] ?? ""];
  if (code !== null) {
    reader.at += 1 + code[0].length;
    const point = Number.parseInt(code[1] ?? code[2] ?? code[3] ?? "0", 16);
    if (point > 0x10ffff) throw new NotLiteral();
    return String.fromCodePoint(point);
  }
  if (octal !== undefined) {
    reader.at += 1 + octal.length;
    return String.fromCodePoint(Number.parseInt(octal, 8));
  }
  if (named !== undefined) {
    reader.at += 2;
    return named;
  }
  if (/^[xuU]/.test(rest)) throw new NotLiteral();
  if (rest.startsWith("N")) throw new Unknown();
  // An escape that Python does not know stays as it is written.
  reader.at += 1;
  return "\\";
}
