/*
 * Ansible's parser takes lines inside quotes and brackets at any indentation:
 *
 *   ports: [
 *     80
 *   ]
 *   url: "{{
 *     address
 *   }}"
 *
 * YAML itself, and so our parser, wants them further to the right than the key. Blanks at the start of such lines mean
 * nothing, so adding some changes no value. Lines keep their numbers.
 */

interface Scan {
  /** How many brackets are open. */
  depth: number;
  quote: string;
  /** Column at which the outermost bracket or quote was opened. */
  opened: number;
  /** Content of a literal or folded scalar is skipped: its parent's column, and its own once known. */
  block: { parent: number; content: number } | undefined;
}

/** The text with every line that begins inside quotes or brackets moved to the right of where they were opened. */
export function indentFlowLines(text: string): string {
  const scan: Scan = { depth: 0, quote: "", opened: 0, block: undefined };
  const lines = text.split("\n");
  return lines.map((line) => (isBlank(line) ? line : scanLine(scan, line))).join("\n");
}

function isBlank(line: string): boolean {
  return line.trim() === "";
}

function scanLine(scan: Scan, line: string): string {
  const indent = line.length - line.trimStart().length;
  if (scan.quote !== "" || scan.depth > 0) {
    const column = scan.opened;
    scanFlow(scan, line, 0);
    /* Tabs there mean as little as blanks. */
    return " ".repeat(Math.max(indent, column + 1)) + line.trimStart();
  }
  if (scan.block !== undefined && isBlockContent(scan.block, indent)) return line;
  scan.block = undefined;
  scanBlock(scan, line, indent);
  return line;
}

function isBlockContent(block: { parent: number; content: number }, indent: number): boolean {
  if (block.content === -1) block.content = indent > block.parent ? indent : Infinity;
  return indent >= block.content;
}

/* Outside quotes and brackets: looks for one that opens where a value may begin. */
function scanBlock(scan: Scan, line: string, from: number): void {
  let at = from;
  let parent = -1;
  while (at < line.length) {
    const rest = line.slice(at);
    const skipped = /^(?:[-?:](?=\s|$)|[!&][^\s]*(?=\s|$)|\s+)/.exec(rest);
    if (skipped !== null) {
      if (rest[0] === "-" || rest[0] === "?") parent = at;
      at += skipped[0].length;
      continue;
    }
    const char = rest[0] ?? "";
    if (char === "#") return;
    if (char === "|" || char === ">") {
      const content = /^[|>][-+]?(\d)/.exec(rest)?.[1];
      scan.block = { parent, content: content === undefined ? -1 : Math.max(parent, 0) + Number(content) };
      return;
    }
    if (char === '"' || char === "'" || char === "[" || char === "{") {
      scan.opened = at;
      const start = at;
      at = scanFlow(scan, line, at);
      if (at >= line.length) return;
      if (/^\s*:(\s|$)/.test(line.slice(at))) parent = start;
      continue;
    }
    /* A plain key or value: up to the colon that ends the key, or to the end. */
    const key = /^[^#]*?:(?=\s|$)|^.*?(?=\s#)/.exec(rest);
    if (key === null || !key[0].endsWith(":")) return;
    parent = at;
    at += key[0].length;
  }
}

/* Inside quotes or brackets, or at their opening; returns where the outermost has closed, or the end of the line. */
function scanFlow(scan: Scan, line: string, from: number): number {
  let before = scan.depth > 0 ? "," : "";
  for (let at = from; at < line.length; at++) {
    const char = line[at] ?? "";
    if (scan.quote !== "") {
      if (char === "\\" && scan.quote === '"') at += 1;
      else if (char === scan.quote) {
        if (scan.quote === "'" && line[at + 1] === "'") at += 1;
        else scan.quote = "";
        if (scan.quote === "" && scan.depth === 0) return at + 1;
      }
      continue;
    }
    if ((char === '"' || char === "'") && (before === "" || /[[{,:]/.test(before))) scan.quote = char;
    else if (char === "[" || char === "{") scan.depth += 1;
    else if (char === "]" || char === "}") scan.depth = Math.max(0, scan.depth - 1);
    else if (char === "#" && (at === 0 || /\s/.test(line[at - 1] ?? ""))) return line.length;
    if (scan.depth === 0 && scan.quote === "") return at + 1;
    if (!/\s/.test(char)) before = char;
  }
  return line.length;
}
