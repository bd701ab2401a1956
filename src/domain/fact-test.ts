import type { FactName, FactTest, HostFacts } from "../contracts/fact.ts";

const mebibyte = 1_048_576;
const labels: Readonly<Record<FactName, string>> = {
  memory: "memory",
  "memory-free": "free memory",
  "memory-used": "used share of the memory",
  disk: "size of the disk (/)",
  "disk-free": "free space of the disk (/)",
  "disk-used": "used share of the disk (/)",
  cores: "number of cores",
  uptime: "time since the start",
  system: "system",
  architecture: "architecture",
};
const words = {
  less: "less than",
  "at-most": "at most",
  equal: "exactly",
  "not-equal": "not",
  "at-least": "at least",
  more: "more than",
} as const;

/** "memory of web1 is less than 2 GB". */
export function describeTest(test: FactTest, host: string): string {
  return `${labels[test.fact]} of ${host} is ${wordsOf(test)} ${sayValue(test.fact, test.value)}`.replace(
    / +/g,
    " ",
  );
}

/** Whether it holds, and a sentence about what the machine has; `holds` is null when it did not say. */
export function decideTest(
  test: FactTest,
  about: { host: string; facts: HostFacts | undefined },
): { holds: boolean | null; text: string } {
  const found = about.facts === undefined ? undefined : factOf(about.facts, test.fact);
  const label = `${labels[test.fact]} of ${about.host}`;
  if (found === undefined) return { holds: null, text: `the ${label} is not known` };
  const holds = compare(test, found);
  const wanted = `${wordsOf(test)} ${sayValue(test.fact, test.value)}`.trim();
  return {
    holds,
    text: `${label} is ${sayValue(test.fact, found)}${holds ? "" : `, and has to be ${wanted}`}`,
  };
}

const isText = (fact: FactName): boolean => fact === "system" || fact === "architecture";
const wordsOf = ({ fact, is }: FactTest): string => (isText(fact) && is === "equal" ? "" : words[is]);

function factOf(facts: HostFacts, fact: FactName): number | string | undefined {
  const { memory_mb, memory_free_mb, disk_bytes, disk_free_bytes } = facts;
  switch (fact) {
    case "memory":
      return times(memory_mb, mebibyte);
    case "memory-free":
      return times(memory_free_mb, mebibyte);
    case "memory-used":
      return usedShare(memory_mb, memory_free_mb);
    case "disk":
      return disk_bytes;
    case "disk-free":
      return disk_free_bytes;
    case "disk-used":
      return usedShare(disk_bytes, disk_free_bytes);
    case "cores":
      return facts.cores;
    case "uptime":
      return facts.uptime_seconds;
    case "system":
      return facts.system === undefined ? undefined : `${facts.system} ${facts.version ?? ""}`.trim();
    case "architecture":
      return facts.architecture;
  }
}

function times(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value * by;
}

function usedShare(all: number | undefined, free: number | undefined): number | undefined {
  return all === undefined || free === undefined || all === 0 ? undefined : (1 - free / all) * 100;
}

function compare({ fact, is, value }: FactTest, found: number | string): boolean {
  if (typeof value === "string" || typeof found === "string") {
    const same = fact === "system" ? isSystem(String(found), String(value)) : sameName(found, value);
    return is === "not-equal" ? !same : same;
  }
  switch (is) {
    case "less":
      return found < value;
    case "at-most":
      return found <= value;
    case "equal":
      return found === value;
    case "not-equal":
      return found !== value;
    case "at-least":
      return found >= value;
    case "more":
      return found > value;
  }
}

const plainName = (text: string | number): string =>
  String(text)
    .toLowerCase()
    .replace(/[^a-z0-9.]/g, "");
const sameName = (a: string | number, b: string | number): boolean => plainName(a) === plainName(b);

/** "debian" is Debian of any version, "debian 12" also 12.7. */
function isSystem(found: string, wanted: string): boolean {
  const [system = "", version = ""] = splitSystem(found);
  const [wantedSystem = "", wantedVersion = ""] = splitSystem(wanted);
  const sameVersion =
    wantedVersion === "" || version === wantedVersion || version.startsWith(`${wantedVersion}.`);
  return sameName(system, wantedSystem) && sameVersion;
}

const splitSystem = (text: string): string[] => /^(.*?)(?:\s+([\d.]+))?$/.exec(text.trim())?.slice(1) ?? [];

function sayValue(fact: FactName, value: number | string): string {
  if (typeof value === "string") return value;
  switch (fact) {
    case "cores":
      return `${value}`;
    case "memory-used":
    case "disk-used":
      return `${rounded(value)} %`;
    case "uptime":
      return value >= 172_800 ? `${rounded(value / 86_400)} days` : `${rounded(value / 3_600)} hours`;
    default:
      return sayBytes(value);
  }
}

function sayBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let at = 0;
  let left = bytes;
  for (; left >= 1_000 && at < units.length - 1; at += 1) left /= 1_000;
  return `${rounded(left)} ${units[at] ?? ""}`;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
