/* oxlint-disable no-control-regex -- control characters are what this file looks for */
/*
 * Output of strangers, made harmless for a page: colours stay, everything else that a terminal would obey goes or becomes
 * visible. React escapes what is left; nothing here makes markup.
 */

/** A colour sequence, kept; its parameters are few in any honest output. */
const colour = /^\u001b\[[0-9;]{0,32}m$/;
/** Other control sequences, and the strings of titles, links and clipboards; one that never ends takes only its own line. */
const sequence =
  /\u001b\[[0-9;]{0,32}m|\u001b\[[0-?]*[ -/]*[@-~]?|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?|\u009b[0-?]*[ -/]*[@-~]?/g;
/** What could hide text, or turn the direction in which it is read. */
const invisible = /[\u200b\u200e\u200f\u2060\u202a-\u202e\u2066-\u2069\u061c\ufeff]/g;
const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

/** One line without any control but colours; characters that nobody would see are written out. */
export function cleanLine(text: string): string {
  return showHidden(text.replace(sequence, (found) => (colour.test(found) ? found : "")));
}

/** A text without colours either, for names, messages and searching. */
export function plainText(text: string): string {
  return showHidden(text.replace(sequence, "").replace(/\r\n?/g, "\n")).replaceAll("\u001b", "");
}

function showHidden(text: string): string {
  return text
    .replace(controls, (each) => {
      const code = each.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? "\u2421" : `[U+${hex(code)}]`;
    })
    .replace(invisible, (each) => `[U+${hex(each.charCodeAt(0))}]`);
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}

/** Colours of Ansible's own output that the page has a readable shade of. */
export type Shade = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "grey";

const shades: Readonly<Record<string, Shade>> = {
  "ansi-red": "red",
  "ansi-bright-red": "red",
  "ansi-green": "green",
  "ansi-bright-green": "green",
  "ansi-yellow": "yellow",
  "ansi-bright-yellow": "yellow",
  "ansi-blue": "blue",
  "ansi-bright-blue": "blue",
  "ansi-magenta": "magenta",
  "ansi-bright-magenta": "magenta",
  "ansi-cyan": "cyan",
  "ansi-bright-cyan": "cyan",
  "ansi-bright-black": "grey",
};

/** The page's shade for one of anser's colour names. Others, black on black among them, get the page's own colour. */
export function shadeOf(name: string | null): Shade | undefined {
  return name === null ? undefined : shades[name];
}
