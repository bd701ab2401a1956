import type { FactComparison, FactName, FactTest } from "../contracts/fact.ts";

/** A condition that compares a fact. `host`: as written, null where the words leave it to the step ("it", "the memory"). */
export interface ReadFact {
  readonly host: string | null;
  readonly test: FactTest;
}

const host = "(?<host>[a-z0-9][a-z0-9_.-]*|(?:the|that|this) (?:host|machine|server|box|system))";
const before =
  "less than|fewer than|lower than|smaller than|below|under|more than|greater than|larger than|higher than|above|over|" +
  "at least|at most|no more than|not more than|no less than|not less than|up to|exactly|equal to|[<>]=?|=";
const amount = `(?:(?<before>${before}) )?(?<number>\\d{1,15}(?:\\.\\d{1,6})?) ?(?<unit>[a-z%]+)?`;
const kind =
  "(?<kind>memory|ram|main memory|disk space|disk|storage|hard disk|space|cpu cores|cores|cpus|processors)";
const state = "(?<state>free|available|left|full|used|in use)";
const no = "(?<no>(?:does not|doesn't|do not|has not|hasn't|is not|isn't|are not|aren't) )?";

const shapes: readonly RegExp[] = [
  // web1 has less than 2 GB of free memory; web1 does not have 4 cores
  `^${host} ${no}(?:has|have)?(?: got)? ?${amount} (?:of )?(?:(?<free>free|available|used|total) )?${kind}(?: ${state})?$`,
  // the free memory of web1 is below 2 GB; the disk of nas has more than 10 GB free; disk is 80 % full or more
  `^(?:the )?(?:(?<free>free|available|used|total) )?${kind}(?: usage| use)?(?: (?:of|on) ${host})? (?:is|are|has|have) (?<no>not )?${amount}(?: ${state})?$`,
  // there is less than 10 GB of disk space free on nas
  `^there(?: is| are|'s) ${amount} (?:of )?(?:(?<free>free|available) )?${kind}(?: ${state})? on ${host}$`,
].map((text) => new RegExp(text));

const systems: Readonly<Record<string, string>> = {
  debian: "debian",
  ubuntu: "ubuntu",
  fedora: "fedora",
  rhel: "redhat",
  "red hat": "redhat",
  redhat: "redhat",
  centos: "centos",
  rocky: "rocky",
  "rocky linux": "rocky",
  alma: "almalinux",
  almalinux: "almalinux",
  alpine: "alpine",
  arch: "archlinux",
  "arch linux": "archlinux",
  archlinux: "archlinux",
  gentoo: "gentoo",
  freebsd: "freebsd",
  openbsd: "openbsd",
};
const architectures: Readonly<Record<string, string>> = {
  arm64: "aarch64",
  aarch64: "aarch64",
  amd64: "x86_64",
  x86_64: "x86_64",
  armv7l: "armv7l",
};
const what = `(?<what>${[...Object.keys(systems), ...Object.keys(architectures)].join("|")})(?: (?<version>\\d+(?:\\.\\d+)?))?`;
const kinds: readonly RegExp[] = [
  // web1 runs Debian 12; web1 is not a debian machine
  `^${host} ${no}(?:runs|run|running|is running|is on|uses|use|is)? ?(?:on )?(?:an? )?${what}(?: (?:host|machine|server|box))?$`,
  // the OS of web1 is not debian
  `^(?:the )?(?:os|operating system|distribution|distro|system|architecture)(?: (?:of|on) ${host})? is (?<no>not )?${what}$`,
].map((text) => new RegExp(text));

const uptimes: readonly RegExp[] = [
  `^${host} ${no}(?:has been|have been|been|is|was)? ?up (?:for )?${amount}$`,
  `^(?:the )?uptime(?: of ${host})? is ${amount}$`,
].map((text) => new RegExp(text));

const opening =
  /^(?:but )?(?:only )?(?<word>if not:|if|when|whenever|in case|provided that|provided|as long as|assuming|given that|unless)\s+/;
const orMore = / (or more|or less|or fewer)\b/;
const longest = 200;
/** Words for the machine that the step itself is about. */
const itself = /^(?:it|(?:the|that) (?:host|machine|server|box|system))$/;

/**
 * Reads the text of a condition as a comparison of one fact of one machine: memory, disk, cores, uptime, system or architecture.
 * Undefined for everything else, also for two comparisons at once: a wrong guess would run, or leave out, a step.
 */
export function readFactCondition(text: string): ReadFact | undefined {
  if (text.length > longest) return undefined;
  const said = text
    .toLowerCase()
    .replaceAll("\u2019", "'")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/(\d) %/g, "$1%")
    .trim();
  const [opened = "", word] = opening.exec(said) ?? [];
  if (word === undefined) return undefined;
  const whole = said.slice(opened.length);
  const behind = orMore.exec(whole)?.[1];
  const rest = whole.replace(orMore, "");
  const read = readSize(rest, behind) ?? readUptime(rest, behind) ?? readKind(whole);
  if (read === undefined) return undefined;
  return word === "unless" || word === "if not:" ? { ...read, test: opposite(read.test) } : read;
}

/** The same with the opposite comparison. */
export const turnedFact = (read: ReadFact | undefined): ReadFact | undefined =>
  read && { ...read, test: opposite(read.test) };

type Groups = Readonly<Record<string, string | undefined>>;

function matchOf(shapes_: readonly RegExp[], text: string): Groups | undefined {
  for (const shape of shapes_) {
    const groups = shape.exec(text)?.groups;
    if (groups !== undefined) return groups;
  }
  return undefined;
}

function readSize(text: string, behind: string | undefined): ReadFact | undefined {
  const found = matchOf(shapes, text);
  if (found === undefined) return undefined;
  const { number = "", unit, kind: thing = "", free, state: how } = found;
  const states = new Set([free, how].map(stateOf).filter((each) => each !== undefined));
  if (states.size > 1) return undefined;
  const [said] = states;
  const is = comparisonOf(found, behind);
  const test = /core|cpu|processor/.test(thing)
    ? unit === undefined && said === undefined
      ? { fact: "cores" as const, value: Number(number) }
      : undefined
    : sizeOf({ number, unit, thing, said });
  if (is === undefined || test === undefined) return undefined;
  // "more than 20 % free" is "less than 80 % used".
  const turned = "turn" in test && test.turn === true ? turnedRound[is] : is;
  return finish(found, { fact: test.fact, is: turned, value: test.value });
}

function stateOf(word: string | undefined): "free" | "used" | undefined {
  if (word === undefined || word === "total") return undefined;
  return /^(?:free|available|left)$/.test(word) ? "free" : "used";
}

function sizeOf(of: {
  number: string;
  unit: string | undefined;
  thing: string;
  said: "free" | "used" | undefined;
}): { fact: FactName; value: number; turn?: boolean } | undefined {
  const { number, unit = "", thing, said } = of;
  const part = /memory|ram/.test(thing) ? "memory" : "disk";
  if (/^(?:%|percent)$/.test(unit)) {
    const value = Number(number);
    if (value > 100) return undefined;
    if (said === "free") return { fact: `${part}-used`, value: 100 - value, turn: true };
    return { fact: `${part}-used`, value };
  }
  const size = sizes[unit];
  if (size === undefined || said === "used") return undefined;
  // Of a disk "space" is what is free of it.
  const isFree = said === "free" || thing === "space" || thing === "disk space";
  return { fact: isFree ? `${part}-free` : part, value: Number(number) * size };
}

const sizes: Readonly<Record<string, number>> = {
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1_024,
  mib: 1_048_576,
  gib: 1_073_741_824,
  tib: 1_099_511_627_776,
  gigabytes: 1e9,
  gigabyte: 1e9,
  megabytes: 1e6,
  terabytes: 1e12,
};

function readKind(text: string): ReadFact | undefined {
  const found = matchOf(kinds, text);
  if (found === undefined) return undefined;
  const { what: said = "", version } = found;
  const system = systems[said];
  const architecture = architectures[said];
  if (system !== undefined) {
    const value = version === undefined ? system : `${system} ${version}`;
    return finish(found, { fact: "system", is: "equal", value });
  }
  if (architecture === undefined || version !== undefined) return undefined;
  return finish(found, { fact: "architecture", is: "equal", value: architecture });
}

const seconds: Readonly<Record<string, number>> = {
  minutes: 60,
  hour: 3_600,
  hours: 3_600,
  day: 86_400,
  days: 86_400,
  week: 604_800,
  weeks: 604_800,
};

function readUptime(text: string, behind: string | undefined): ReadFact | undefined {
  const found = matchOf(uptimes, text);
  const is = found === undefined ? undefined : comparisonOf(found, behind);
  const unit = seconds[found?.["unit"] ?? ""];
  if (found === undefined || is === undefined || unit === undefined) return undefined;
  return finish(found, { fact: "uptime", is, value: Number(found["number"]) * unit });
}

const comparisons: readonly (readonly [RegExp, FactComparison])[] = [
  [/^(?:less|fewer|lower|smaller) than$|^below$|^under$|^<$/, "less"],
  [/^(?:more|greater|larger|higher) than$|^above$|^over$|^>$/, "more"],
  [/^at least$|^no less than$|^not less than$|^>=$|^or more$/, "at-least"],
  [/^at most$|^no more than$|^not more than$|^up to$|^<=$|^or less$|^or fewer$/, "at-most"],
  [/^exactly$|^equal to$|^=$/, "equal"],
];

/** Undefined for an amount without a word: "has 4 GB of memory" could mean exactly or at least. */
function comparisonOf({ before: ahead }: Groups, behind: string | undefined): FactComparison | undefined {
  if ((ahead === undefined) === (behind === undefined)) return undefined;
  const word = ahead ?? behind ?? "";
  return comparisons.find(([shape]) => shape.test(word))?.[1];
}

const opposites: Readonly<Record<FactComparison, FactComparison>> = {
  less: "at-least",
  "at-most": "more",
  equal: "not-equal",
  "not-equal": "equal",
  "at-least": "less",
  more: "at-most",
};
const turnedRound: Readonly<Record<FactComparison, FactComparison>> = {
  less: "more",
  "at-most": "at-least",
  equal: "equal",
  "not-equal": "not-equal",
  "at-least": "at-most",
  more: "less",
};

const opposite = (test: FactTest): FactTest => ({ ...test, is: opposites[test.is] });

function finish(found: Groups, test: FactTest): ReadFact {
  const { host: named, no: negated } = found;
  const own = named === undefined || itself.test(named);
  return { host: own ? null : named, test: negated === undefined ? test : opposite(test) };
}
