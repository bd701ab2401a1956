import type { HostTool, UnitChoice } from "../contracts/catalogue.ts";
import type { ExpectedChoice } from "../contracts/plan.ts";

/** Whether something is on a host; `unknown` where only the run can tell. */
export type ToolState = "yes" | "no" | "unknown";

/** A variable's value before the run; `value` is null where only Ansible can work it out. `said`: where it comes from. */
export interface KnownValue {
  readonly value: string | null;
  readonly said: string;
}

/** What is known about a host when a plan is made. */
export interface ChoiceHost {
  readonly name: string;
  /** What was seen on it; null when nobody looks at it before the run. */
  readonly tools: ReadonlyMap<HostTool, ToolState> | null;
  /** Undefined for a variable that has no value. */
  readonly valueOf: (variable: string) => KnownValue | undefined;
}

interface Way {
  readonly value: string;
  readonly version: string | null;
  readonly needs: readonly HostTool[];
  /** What of it nobody knows yet. */
  readonly unknown: readonly HostTool[];
}

/** What is expected of one host; hosts with an equal one are told together. */
type Outcome =
  | { readonly kind: "open"; readonly said: string }
  | { readonly kind: "given"; readonly way: Way; readonly said: string; readonly lacks: readonly HostTool[] }
  | {
      readonly kind: "chosen";
      readonly looked: boolean;
      /** In the unit's order; only the last one can be sure. */
      readonly ways: readonly Way[];
      /** Ways that come before and cannot be taken. */
      readonly out: readonly { value: string; lacks: readonly HostTool[] }[];
    };

const mostGroups = 8;
const mostNames = 5;
const maxVersion = 60;

/**
 * What a unit is expected to choose, per variable: by the rule that it declares, the value that the variable has, and what
 * is known to be on the hosts. A declared value that somebody set is taken as it is. `ranBefore`: whether there may be
 * something of the unit on the hosts. Pure.
 */
export function expectChoices(
  choices: readonly UnitChoice[],
  about: { hosts: readonly ChoiceHost[]; ranBefore: boolean },
): ExpectedChoice[] {
  const { hosts, ranBefore } = about;
  if (hosts.length === 0) return [];
  const variables = new Set(choices.map((choice) => choice.variable));
  return [...variables].map((variable) => {
    const own = choices.filter((choice) => choice.variable === variable);
    const outcomes = hosts.map((host) => decide(own, host, variable));
    const ends = outcomes.map(endOf);
    return {
      variable,
      value: common(ends.map((end) => end?.value ?? null)),
      version: common(ends.map((end) => end?.version ?? null)),
      // What is installed one way is seldom installed another way by the next run; no rule here knows.
      text: `${tell(hosts, outcomes)}${ranBefore && outcomes.some(isChosen) ? "; an earlier run may have settled it" : ""}`,
    };
  });
}

function decide(choices: readonly UnitChoice[], host: ChoiceHost, variable: string): Outcome {
  const known = host.valueOf(variable);
  if (known?.value === null) return { kind: "open", said: known.said };
  const given = known?.value ?? "";
  if (known !== undefined && given !== "" && given !== "auto") {
    const choice = choices.find((each) => each.value === given);
    const needs = choice?.needs ?? [];
    const lacks = needs.filter((tool) => stateOf(host, tool) === "no");
    const way = { value: given, version: choice ? versionOf(choice, host) : null, needs, unknown: [] };
    return { kind: "given", way, said: known.said, lacks };
  }
  const ways: Way[] = [];
  const out: { value: string; lacks: HostTool[] }[] = [];
  for (const choice of choices) {
    const { value, needs } = choice;
    const lacks = needs.filter((tool) => stateOf(host, tool) === "no");
    const unknown = needs.filter((tool) => stateOf(host, tool) === "unknown");
    if (lacks.length > 0) out.push({ value, lacks });
    else ways.push({ value, version: versionOf(choice, host), needs, unknown });
    if (lacks.length === 0 && unknown.length === 0) break;
  }
  return { kind: "chosen", looked: host.tools !== null, ways, out };
}

const stateOf = (host: ChoiceHost, tool: HostTool): ToolState =>
  tool === "internet" ? "unknown" : (host.tools?.get(tool) ?? "unknown");

function versionOf(choice: UnitChoice, host: ChoiceHost): string | null {
  const value = choice.version === null ? undefined : host.valueOf(choice.version)?.value;
  return value === undefined || value === null || value === "" ? null : value.slice(0, maxVersion);
}

const isChosen = (outcome: Outcome): boolean => outcome.kind === "chosen";

/** The way that is sure; undefined where the run still has to decide. */
function endOf(outcome: Outcome): Way | undefined {
  if (outcome.kind === "given") return outcome.way;
  const [first] = outcome.kind === "chosen" ? outcome.ways : [];
  return first?.unknown.length === 0 ? first : undefined;
}

function common(values: readonly (string | null)[]): string | null {
  const [first = null] = values;
  return values.every((value) => value === first) ? first : null;
}

function tell(hosts: readonly ChoiceHost[], outcomes: readonly Outcome[]): string {
  const groups = new Map<string, { outcome: Outcome; names: string[] }>();
  for (const [index, outcome] of outcomes.entries()) {
    const key = JSON.stringify(outcome);
    const group = groups.get(key) ?? { outcome, names: [] };
    group.names.push(hosts[index]?.name ?? "");
    groups.set(key, group);
  }
  const all = [...groups.values()];
  const [only] = all;
  if (all.length === 1 && only !== undefined) return tellOutcome(only.outcome, namesOf(only.names));
  const shown = all
    .slice(0, mostGroups)
    .map(({ outcome, names }) => `on ${namesOf(names)}: ${tellOutcome(outcome, null)}`);
  const left = all.slice(mostGroups).reduce((sum, group) => sum + group.names.length, 0);
  return [...shown, ...(left > 0 ? [`on ${left} more hosts: in other ways`] : [])].join("; ");
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, mostNames);
  const left = names.length - shown.length;
  return listOf(left > 0 ? [...shown, `${left} more`] : shown);
}

/** @param place names of the hosts; null where they stand before it */
function tellOutcome(outcome: Outcome, place: string | null): string {
  const on = place === null ? "there" : `on ${place}`;
  switch (outcome.kind) {
    case "open":
      return `decided when the run starts: its value is worked out then (${outcome.said})`;
    case "given":
      return `${by(outcome.way)}, ${outcome.said}${outcome.lacks.length === 0 ? "" : `; but ${noneOf(outcome.lacks)} ${on}`}`;
    case "chosen":
      return tellChosen(outcome, place);
  }
}

function tellChosen(outcome: Extract<Outcome, { kind: "chosen" }>, place: string | null): string {
  const { ways, out, looked } = outcome;
  const on = place === null ? "there" : `on ${place}`;
  const [first] = ways;
  if (first === undefined) {
    const why = out.map(({ value, lacks }) => `${value} lacks ${listOf(lacks.map(nameOf))}`);
    return `no way fits ${on}: ${why.join("; ")}`;
  }
  const missing = [...new Set(out.flatMap((each) => each.lacks))];
  if (first.unknown.length === 0) {
    const why = missing.length > 0 ? `${noneOf(missing)} ${on}` : `${thereAre(first.needs)} ${on}`;
    return missing.length + first.needs.length === 0 ? by(first) : `${by(first)}: ${why}`;
  }
  const when = looked ? "" : `decided${place === null ? "" : ` on ${place}`} when the run starts: `;
  const chain = ways.map((way, index) => tellLink(way, { index, count: ways.length }));
  return `${when}${chain.join(", ")}${missing.length === 0 ? "" : `; ${noneOf(missing)} ${on}`}`;
}

function tellLink(way: Way, at: { index: number; count: number }): string {
  const last = at.index === at.count - 1;
  const name = `${at.index === 0 ? "" : "else "}by ${way.value}${way.version === null ? "" : ` (${way.version})`}`;
  if (way.unknown.length === 0) return name;
  // The last one is what the unit falls back to, and where it stops when that does not fit either.
  if (at.index > 0 && last) return `${name}, which needs ${listOf(way.unknown.map(nameOf))}`;
  return `${name} if ${conditionOf(way.unknown)}${last ? ", else no way fits" : ""}`;
}

const by = ({ value, version }: Way): string =>
  `by ${value}${version === null ? "" : `, version ${version}`}`;

function conditionOf(tools: readonly HostTool[]): string {
  const things = tools.filter((tool) => tool !== "internet").map(nameOf);
  const there = things.length === 0 ? [] : [`${listOf(things)} ${isOrAre(things)} there`];
  return listOf(tools.includes("internet") ? [...there, "the internet can be reached"] : there);
}

const thereAre = (tools: readonly HostTool[]): string => `${listOf(tools.map(nameOf))} ${isOrAre(tools)}`;

const isOrAre = (things: readonly unknown[]): string => (things.length === 1 ? "is" : "are");

const names: Readonly<Record<HostTool, string>> = {
  docker: "Docker",
  podman: "Podman",
  git: "git",
  node: "Node.js",
  npm: "npm",
  compiler: "a compiler",
  systemd: "systemd",
  supervisor: "supervisor",
  internet: "the internet",
};

const nameOf = (tool: HostTool): string => names[tool];

const noneOf = (tools: readonly HostTool[]): string =>
  listOf(tools.map((tool) => `no ${nameOf(tool).replace(/^a /, "")}`));

function listOf(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}
