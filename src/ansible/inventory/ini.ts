import type { InventoryModel } from "./model.ts";
import { expandHostEntry } from "./ranges.ts";

export type Report = (problem: { line: number | null; message: string }) => void;

/** Reads an INI inventory into the model; every line that Ansible would refuse is reported and left out. */
export function readIniInventory(text: string, model: InventoryModel, report: Report): void {
  let group = "ungrouped";
  let kind = "hosts";
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const section = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line);
    const say = (message: string) => report({ line: index + 1, message });
    if (section !== null) {
      group = section[1] ?? "ungrouped";
      kind = section[2] ?? "hosts";
      if (kind === "hosts" || kind === "children" || kind === "vars") model.addGroup(group);
      else
        say(
          `The section [${group}:${kind}] is not known. Known are [group], [group:children] and [group:vars].`,
        );
    } else if (kind === "hosts") {
      readHostLine(line, { group, model, say });
    } else if (kind === "children") {
      const child = line.split(/\s+#/)[0]?.trim() ?? "";
      if (!model.addChild(group, child))
        say(`The group "${child}" cannot be inside "${group}": it holds that group itself.`);
    } else if (kind === "vars") {
      const pair = /^([^=\s]+)\s*=\s*(.*)$/.exec(line);
      if (pair === null) say("A variable is written as name=value here.");
      else model.setGroupVar(group, pair[1] ?? "", unquote(pair[2] ?? ""));
    }
  }
}

function readHostLine(
  line: string,
  context: { group: string; model: InventoryModel; say: (message: string) => void },
): void {
  const { group, model, say } = context;
  const [written, ...pairs] = splitWords(line);
  if (written === undefined) return;
  const entry = expandHostEntry(written);
  if ("problem" in entry) {
    say(entry.problem);
    return;
  }
  for (const name of entry.names) {
    if (!model.addHost(group, name)) {
      say("There are too many hosts; the rest was not read.");
      return;
    }
    if (entry.port !== undefined) model.setHostVar(name, "ansible_port", entry.port);
    for (const pair of pairs) {
      const equals = pair.indexOf("=");
      if (equals > 0) model.setHostVar(name, pair.slice(0, equals), pair.slice(equals + 1));
      else say(`"${pair}" is not a variable. Write name=value behind the host.`);
    }
  }
}

function unquote(text: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(text);
  return quoted?.[2] ?? text;
}

/** Words as a shell splits them: quotes hold blanks together, `#` at the start of a word begins a comment. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let inWord = false;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (quote !== "") {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"' && /["\\]/.test(line[at + 1] ?? "")) word += line[++at] ?? "";
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      inWord = true;
    } else if (/\s/.test(char)) {
      if (inWord) words.push(word);
      word = "";
      inWord = false;
    } else if (char === "#" && !inWord) {
      break;
    } else {
      word += char === "\\" ? (line[++at] ?? "") : char;
      inWord = true;
    }
  }
  if (inWord) words.push(word);
  return words;
}
