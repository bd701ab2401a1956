/*
 * The forms in which a secret shows up in other people's output. Each function here is pure and total: a form that cannot be
 * built is left out, never an error, because redaction must not be what stops a run.
 */

import { wrapDepth } from "./automaton.ts";

const standardAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Forms shorter than this are not looked for: they would blank out ordinary words. */
export const shortestForm = 6;

/** Longest text that is looked for as a whole in base64, hexadecimal and percent encoding; longer ones by their pieces. */
const longestWhole = 256;

/** A piece of a longer secret; a line of an armoured key has this length. */
const pieceLength = 64;

/** A text to look for. */
export interface EncodedForm {
  readonly text: string;
  /** Tools break this encoding into lines, anywhere. */
  readonly wraps: boolean;
}

/**
 * Every text that must not appear because it is, or gives away, `value`. Lines and pieces of a long secret count by themselves:
 * tools indent, number, wrap and cut them off, and a part of a key is too much already.
 */
export function listEncodedForms(value: string): EncodedForm[] {
  const forms = new Map<string, boolean>();
  const add = (texts: readonly string[], wraps: boolean) => {
    for (const text of texts) {
      if (text.length >= shortestForm) forms.set(text, wraps || forms.get(text) === true);
    }
  };
  const addArmoured = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    add(listPercentForms(bytes), false);
    const wrapping = [...listBase64Forms(bytes), ...listHexForms(bytes)];
    // When a line ends right after the first characters, the others stand alone.
    add(
      wrapping.flatMap((form) => Array.from({ length: wrapDepth }, (_, skipped) => form.slice(skipped))),
      true,
    );
  };
  for (const whole of listWholeForms(value)) {
    add(listQuotedForms(whole), false);
    if (whole.length <= longestWhole) addArmoured(whole);
  }
  for (const piece of listPieces(value)) {
    add(listQuotedForms(piece), false);
    addArmoured(piece);
  }
  return Array.from(forms, ([text, wraps]) => ({ text, wraps }));
}

/**
 * The value itself, without surrounding blanks (files end with a newline that logs drop), and with either kind of line end. None
 * begins with a line end: that would begin a match at the end of every line.
 */
function listWholeForms(value: string): Set<string> {
  const trimmed = value.trim();
  const forms = new Set([value.trimStart(), trimmed]);
  if (trimmed.includes("\n")) {
    const unix = trimmed.replaceAll("\r\n", "\n");
    forms.add(unix);
    forms.add(`${unix}\n`);
    forms.add(unix.replaceAll("\n", "\r\n"));
  }
  return forms;
}

/** Lines, and equal parts of lines that are very long; armour lines (`-----BEGIN …`) hold nothing secret. */
function listPieces(value: string): string[] {
  const lines = value
    .split(/\r?\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestForm && !/^-----(BEGIN|END) [A-Z0-9 ]+-----$/.test(line));
  return lines.flatMap((line) => (line.length <= longestWhole ? [line] : cut(line)));
}

function cut(line: string): string[] {
  const count = Math.ceil(line.length / pieceLength);
  return Array.from({ length: count }, (_, index) =>
    // The last piece reaches back, so that no short rest stays visible.
    index === count - 1
      ? line.slice(-pieceLength)
      : line.slice(index * pieceLength, (index + 1) * pieceLength),
  );
}

/** Raw, JSON (also ASCII-only, with `\/`, and JSON inside JSON), YAML, Python, shell and markup spellings. */
function listQuotedForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const asciiJson = escapeNonAscii(json);
  const shellDouble = text.replace(/[\\"$`]/g, "\\$&");
  return [
    text,
    json,
    asciiJson,
    json.replaceAll("/", "\\/"),
    JSON.stringify(json).slice(1, -1),
    JSON.stringify(asciiJson).slice(1, -1),
    text.replaceAll("'", "''"),
    json.replaceAll('\\"', '"').replaceAll("'", "\\'"),
    json.replaceAll('\\"', '"'),
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    shellDouble,
    text.replace(/[^A-Za-z0-9_@%+=:,./\n-]/g, "\\$&"),
    text.replace(/[^A-Za-z0-9_./-]/g, "\\$&"),
    escapeMarkup(text, "&#39;"),
    escapeMarkup(text, "&#x27;"),
    escapeMarkup(text, "'"),
  ];
}

function escapeNonAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function escapeMarkup(text: string, apostrophe: string): string {
  const ampersand = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return ampersand.replaceAll('"', "&quot;").replaceAll("'", apostrophe);
}

/** Percent encoding as browsers, Python, curl and forms write it: which characters stay differs, and so does the case. */
function listPercentForms(bytes: Uint8Array): string[] {
  const kept = [/[A-Za-z0-9_.~-]/, /[A-Za-z0-9_.~/-]/, /[A-Za-z0-9_.!~*'()-]/, /[A-Za-z0-9_.*-]/];
  const forms: string[] = [];
  for (const keep of kept) {
    const upper = percentEncode(bytes, keep);
    const lower = upper.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
    forms.push(upper, lower, upper.replaceAll("%20", "+"), lower.replaceAll("%20", "+"));
  }
  return forms;
}

function percentEncode(bytes: Uint8Array, keep: RegExp): string {
  let out = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    const stays = byte < 0x80 && keep.test(character);
    out += stays ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

/**
 * Base64 of the value alone (with and without padding), and of the value at each of the three offsets it can have inside a
 * longer text: there only the characters that depend on nothing but the value are looked for.
 */
function listBase64Forms(bytes: Uint8Array): string[] {
  const forms: string[] = [];
  for (let offset = 0; offset < 3; offset++) {
    const shifted = new Uint8Array(offset + bytes.length);
    shifted.set(bytes, offset);
    const unpadded = encodeBase64(shifted);
    const first = Math.ceil((offset * 8) / 6);
    const end = Math.floor((shifted.length * 8) / 6);
    forms.push(unpadded.slice(first, end));
    // The last character of a text that ends with the value still carries some of its bits.
    forms.push(unpadded.slice(first));
    forms.push(unpadded.slice(first) + "=".repeat((4 - (unpadded.length % 4)) % 4));
  }
  return forms.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}

function encodeBase64(bytes: Uint8Array): string {
  let out = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = ((bits & 0x3f) << 8) | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      out += standardAlphabet.charAt((bits >> held) & 0x3f);
    }
  }
  return held === 0 ? out : out + standardAlphabet.charAt((bits << (6 - held)) & 0x3f);
}

function listHexForms(bytes: Uint8Array): string[] {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const plain = digits.join("");
  const escaped = digits.map((pair) => `\\x${pair}`).join("");
  return [plain, plain.toUpperCase(), escaped];
}
