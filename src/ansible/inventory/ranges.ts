import { maxHosts } from "./model.ts";

/** A host entry as written: its names after ranges are expanded, and the port behind it. */
export interface HostEntry {
  names: string[];
  port: string | undefined;
}

/** Reads `web[01:10].lan:2222`. @returns a sentence when it cannot be read */
export function expandHostEntry(written: string): HostEntry | { problem: string } {
  const { head, port } = splitPort(written);
  const names = expandRanges(head, 0);
  return names === undefined
    ? { problem: `The range in "${written}" cannot be read, or stands for more than ${maxHosts} hosts.` }
    : { names, port };
}

function splitPort(written: string): { head: string; port: string | undefined } {
  const bracketed = /^\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](?::(\d+))?$/.exec(written);
  if (bracketed !== null) return { head: bracketed[1] ?? written, port: bracketed[2] };
  const plain = /^((?:[^:[\]]|\[[^\]]*\])+):(\d+)$/.exec(written);
  return plain === null ? { head: written, port: undefined } : { head: plain[1] ?? written, port: plain[2] };
}

function expandRanges(text: string, depth: number): string[] | undefined {
  const found = /^(.*?)\[([^\][]*:[^\][]*)\](.*)$/.exec(text);
  if (found === null) return [text];
  const [, before = "", range = "", after = ""] = found;
  const values = rangeValues(range);
  const tails = depth > 8 ? undefined : expandRanges(after, depth + 1);
  if (values === undefined || tails === undefined || values.length * tails.length > maxHosts)
    return undefined;
  return values.flatMap((value) => tails.map((tail) => `${before}${value}${tail}`));
}

function rangeValues(range: string): string[] | undefined {
  const [from = "", to = "", by = "1", ...more] = range.split(":");
  const step = Number(by);
  if (more.length > 0 || !Number.isInteger(step) || step < 1 || to === "") return undefined;
  if (/^[A-Za-z]$/.test(from) && /^[A-Za-z]$/.test(to)) {
    const values: string[] = [];
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += step) {
      const letter = String.fromCharCode(code);
      if (/[A-Za-z]/.test(letter)) values.push(letter);
    }
    return values.length > 0 ? values : undefined;
  }
  const start = from === "" ? "0" : from;
  if (!/^\d{1,12}$/.test(start) || !/^\d{1,12}$/.test(to)) return undefined;
  const isPadded = start.length > 1 && start.startsWith("0");
  if (isPadded && start.length !== to.length) return undefined;
  const count = Math.floor((Number(to) - Number(start)) / step) + 1;
  if (count < 1 || count > maxHosts) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const value = String(Number(start) + index * step);
    return isPadded ? value.padStart(start.length, "0") : value;
  });
}
