/**
 * A piece of a request. `start` and `end` are offsets into the normalised text; `name` marks a known name that must never be
 * split; `item` is the marker of a list entry ("1.", "-"); `value` stands where a parameter was taken out.
 */
export type Token = {
  readonly text: string;
  readonly lower: string;
  readonly kind: "word" | "quote" | "name" | "comma" | "stop" | "colon" | "arrow" | "item" | "value";
  /** For `item`: true when the list is numbered. For words: false. */
  readonly ordered: boolean;
  /** For `value`: parameters that stood here ("to 2.1", "port 8080"). */
  readonly values?: Readonly<Record<string, string>>;
};

/** Longest request that is read; the rest is cut. */
const maxCharacters = 10_240;

/** Same text with one kind of quote, dash and space, without control characters, capped. */
export function normaliseText(text: string): string {
  return text
    .slice(0, maxCharacters)
    .normalize("NFC")
    .replace(/[‘’‚′`´]/g, "'")
    .replace(/[“”„«»]/g, '"')
    .replace(/[‐‑‒−]/g, "-")
    .replace(/\s*[–—]\s*/g, " , ")
    .replace(/\r\n?/g, "\n")
    .replace(/(?:->|=>|→|⇒|➜|&&)/g, " → ")
    .replace(/[^\S\n]+/g, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === "\n" ? "\n" : ""))
    .replace(/^.*$/gm, onLines);
}

/** "Please set up: 1. Docker 2. Portainer": a numbered list on one line gets lines of its own. */
function onLines(line: string): string {
  const numbers = [...line.matchAll(/(?<=^|[\s:,;])(\d{1,2})[.)] +(?=\p{L})/gu)].map((match) =>
    Number(match[1]),
  );
  const counts = numbers.length > 1 && numbers.every((number, at) => number === at + 1);
  return counts ? line.replace(/(?<=^|[\s:,;])(\d{1,2})[.)] +(?=\p{L})/gu, "\n$1. ").trimStart() : line;
}

const listMarker = /^(?:[-*•+]|\(?(\d{1,2})[.):]|\(([a-h])\)|([a-h])\)|step (\d{1,2})[:.)]?)\s+/i;
const inlineMarker = /^(?:\((\d{1,2})\)|(\d{1,2})\))$/;
const abbreviations = new Set(["e.g.", "i.e.", "etc.", "vs.", "no.", "approx."]);

/** Reads normalised text into tokens. `names` are names with spaces, lower case, that stay in one piece. */
export function tokenise(text: string, names: ReadonlySet<string> = new Set()): Token[] {
  const tokens: Token[] = [];
  for (const line of text.split("\n")) {
    let rest = line.trim();
    const marker = listMarker.exec(rest);
    if (tokens.length > 0) tokens.push(token("\n", "stop"));
    if (marker !== null) {
      tokens.push({
        ...token(marker[0].trim(), "item"),
        ordered: marker.slice(1).some((part) => part !== undefined),
      });
      rest = rest.slice(marker[0].length);
    }
    for (const piece of piecesOf(rest)) tokens.push(...tokensOf(piece));
  }
  return joinNames(tokens, names);
}

function token(text: string, kind: Token["kind"]): Token {
  return { text, lower: text.toLowerCase(), kind, ordered: false };
}

/** Quoted text is one piece; brackets are dropped, except the markers "(1)". */
function piecesOf(line: string): string[] {
  return (
    line.match(
      /[^\s"]*\{\{[^\n]{0,200}?\}\}[^\s"]*|"[^"]{1,200}"|(?<![^\s(])'[^']{1,200}'(?!\w)|\(\d{1,2}\)|(?<!\S)\d{1,2}\)(?=\s)|[^\s()[\]{}"]*\[[^\]\s]*\][^\s()[\]{}"]*|[^\s()[\]{}"]+/g,
    ) ?? []
  );
}

function tokensOf(piece: string): Token[] {
  const quoted = /^(["'])([^]+)\1$/.exec(piece);
  if (quoted?.[2] !== undefined) return [token(quoted[2].trim(), "quote")];
  // What looks like a template is a value as it stands; nothing here or later fills it in.
  if (piece.includes("{{")) return [token(piece, "word")];
  if (inlineMarker.test(piece)) return [{ ...token(piece, "item"), ordered: true }];
  if (piece === "→") return [token(piece, "arrow")];
  const parts = /^([,;:]*)(.*?)([,;:!?.]*)$/s.exec(piece);
  const [before = "", word = "", after = ""] = parts?.slice(1) ?? [];
  const result = punctuation(before);
  const keepsDot = abbreviations.has((word + after).toLowerCase()) || (word === "" && /^\.+$/.test(after));
  if (keepsDot) return word === "" ? [...result, token(".", "stop")] : [...result, token(word, "word")];
  if (word.includes(",") && !/^\d+(?:,\d+)+$/.test(word) && !word.includes("=")) {
    word.split(",").forEach((part, index) => {
      if (index > 0) result.push(token(",", "comma"));
      if (part !== "") result.push(token(part, "word"));
    });
  } else if (word !== "") result.push(token(word, "word"));
  return [...result, ...punctuation(after)];
}

function punctuation(marks: string): Token[] {
  if (marks === "") return [];
  if (/[.!?;]/.test(marks)) return [token(marks.includes("?") ? "?" : ".", "stop")];
  return [token(marks.charAt(0), marks.startsWith(":") ? "colon" : "comma")];
}

/** Words that belong to a known name of several words become one token, the longest name first. */
function joinNames(tokens: readonly Token[], names: ReadonlySet<string>): Token[] {
  if (names.size === 0) return [...tokens];
  const result: Token[] = [];
  for (let at = 0; at < tokens.length;) {
    const length = nameLengthAt(tokens, at, names);
    const current = tokens[at];
    if (length > 0) {
      const text = tokens
        .slice(at, at + length)
        .map((part) => part.text)
        .join(" ");
      result.push(token(text, "name"));
      at += length;
    } else {
      if (current !== undefined) result.push(current);
      at += 1;
    }
  }
  return result;
}

function nameLengthAt(tokens: readonly Token[], at: number, names: ReadonlySet<string>): number {
  for (let length = Math.min(6, tokens.length - at); length >= 1; length -= 1) {
    const window = tokens.slice(at, at + length);
    if (window.some((part) => part.kind !== "word")) continue;
    if (names.has(spokenName(window.map((part) => part.lower).join(" ")))) return length;
  }
  return 0;
}

/** A name as people say it: lower case, separators as single spaces. */
export function spokenName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[-_./\s]+/g, " ")
    .trim();
}
