import { ChiffonError } from "../../domain/errors.ts";
import type { ExactNode } from "./exact.ts";

/** With aliases a small text can stand for far more than anybody wrote. */
const maxLength = 16_777_216;

/*
 * Plain scalars that a YAML 1.1 reader does not take for text: null, booleans, numbers in all their forms, dates, `=` and
 * `<<`. Everything else is written in quotes, so it stays text whatever it looks like.
 */
const typed =
  /^(?:~|null|Null|NULL|=|<<|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?[0-9.][0-9A-Fa-fox_.:+-]*(?:[Tt ]+[0-9][0-9:. TtZz+-]*)?)(?<!:)$/;

/** Lines of a value as YAML that Ansible reads to exactly the same value. @throws ChiffonError `too-large`, `bad-input` */
export function writeExact(node: ExactNode): string {
  const out: Writer = { parts: [], length: 0 };
  writeNode(out, node, 0);
  return `${out.parts.join("").replace(/^ /, "")}\n`;
}

interface Writer {
  readonly parts: string[];
  length: number;
}

function put(out: Writer, text: string): void {
  out.length += text.length;
  if (out.length > maxLength)
    throw new ChiffonError("too-large", "The aliases (*name) of the inventory stand for far too much data.", {
      hint: "Write the values out.",
    });
  out.parts.push(text);
}

/* Begins behind a key or a dash, and ends without a line break. */
function writeNode(out: Writer, node: ExactNode, indent: number): void {
  const tag = node.tag === null ? "" : ` ${node.tag}`;
  if (node.kind === "scalar") return put(out, `${tag} ${scalar(node)}`);
  const isEmpty = node.kind === "map" ? node.entries.length === 0 : node.items.length === 0;
  if (isEmpty) return put(out, `${tag} ${node.kind === "map" ? "{}" : "[]"}`);
  put(out, tag);
  const below = `\n${"  ".repeat(indent)}`;
  const start = out.length === 0 ? "" : below;
  const children = node.kind === "map" ? node.entries : node.items.map((item) => [undefined, item] as const);
  for (const [index, [key, value]] of children.entries()) {
    put(out, index === 0 ? start : below);
    if (key === undefined) put(out, "-");
    else if (key.kind === "scalar") put(out, `${key.tag === null ? "" : `${key.tag} `}${scalar(key)}:`);
    else throw unwritable();
    writeNode(out, value, indent + 1);
  }
}

function scalar(node: Extract<ExactNode, { kind: "scalar" }>): string {
  if (node.plain && (node.text === "" || typed.test(node.text))) return node.text;
  return quoted(node.text);
}

function quoted(text: string): string {
  if (!text.isWellFormed()) throw unwritable();
  // JSON's escapes are YAML's too; these characters YAML would take for line breaks, or not take at all.
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function unwritable(): ChiffonError {
  return new ChiffonError(
    "bad-input",
    "The inventory holds a value that cannot be frozen exactly as it is.",
    {
      hint: "Variables need simple names, and texts must be valid Unicode.",
    },
  );
}
