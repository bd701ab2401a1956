import type { Unit } from "../contracts/catalogue.ts";
import type { PlanStep, WayBack } from "../contracts/plan.ts";
import type { Verb } from "../contracts/vocabulary.ts";
import { canonicalJson } from "./canonical-json.ts";

type Value = PlanStep["vars"][number]["value"];
type Values = Readonly<Record<string, Value>>;

/** A step whose effect may have to be taken back. */
export interface StepFacts {
  readonly unit: Unit;
  readonly verb: Verb;
  readonly services: readonly string[];
  readonly hosts: readonly string[];
  readonly vars: Values;
  /** By its risk: it changes nothing. */
  readonly reads: boolean;
}

/** A step of an earlier run that succeeded, about one of the same services. */
export interface StepBefore {
  readonly unit: string;
  readonly verb: Verb;
  readonly hosts: readonly string[];
  readonly vars: Values;
  /** For a person: "run 1a2b3c4d of 2026-11-22 12:00 UTC". */
  readonly said: string;
}

interface Known {
  /** Units of the step's repository, and Chiffon's own operations. */
  readonly units: readonly Unit[];
  /** Newest first. */
  readonly before: readonly StepBefore[];
}

const opposite: Readonly<Record<string, string>> = {
  present: "absent",
  absent: "present",
  started: "stopped",
  stopped: "started",
};
/** What is taken away by taking it back: the plan that does it keeps the risk of that. */
const gone: ReadonlySet<string> = new Set(["absent", "removed", "uninstalled", "deleted"]);

/** How the step is taken back, as far as the repository and the record tell. Pure; nothing is promised beyond the text. */
export function findWayBack(step: StepFacts, known: Known): WayBack {
  if (step.reads) return none("it only reads, so there is nothing to take back");
  switch (step.verb) {
    case "restart":
      return none("a restart leaves nothing to take back");
    case "start":
      return counterpart(step, known, "stop") ?? said(step, known) ?? unknown(step);
    case "stop":
      return counterpart(step, known, "start") ?? said(step, known) ?? unknown(step);
    case "remove":
      return deployAgain(step, known) ?? said(step, known) ?? unknown(step);
    case "backup":
      return ofBackup(step, known);
    case "deploy":
    case "configure":
    case "update":
    case "restore":
    case "rollback":
    case "status":
    case "check":
    case "other":
      return ofChange(step, known);
    default:
      return step.verb satisfies never;
  }
}

function ofChange(step: StepFacts, known: Known): WayBack {
  const earlier = findEarlier(step, known.before);
  switch (earlier.kind) {
    case "same":
      return formerValues(step, earlier.before) ?? restore(step, known) ?? nothingLeft(earlier.before);
    case "differs":
      return none(earlier.text);
    case "new":
      return (
        saidOfNew(step, known) ??
        (step.verb === "deploy" ? counterpart(step, known, "remove") : undefined) ??
        restore(step, known) ??
        unknown(step)
      );
    default:
      return earlier satisfies never;
  }
}

type Earlier = { kind: "new" } | { kind: "same"; before: StepBefore } | { kind: "differs"; text: string };

/** What the unit had done on these hosts before: nothing, the same everywhere, or something else on each. */
function findEarlier(step: StepFacts, before: readonly StepBefore[]): Earlier {
  const found = step.hosts.map((host) => {
    const last = before.find(
      (each) => each.hosts.includes(host) && (each.verb === "remove" || isSameWork(each, step)),
    );
    return { host, last: last?.verb === "remove" ? undefined : last };
  });
  const [first] = found;
  if (first?.last === undefined) {
    const there = found.filter((each) => each.last !== undefined).map((each) => each.host);
    return there.length === 0 ? { kind: "new" } : mixed(there);
  }
  const missing = found.some((each) => each.last === undefined);
  if (missing) return mixed(found.flatMap((each) => (each.last === undefined ? [] : [each.host])));
  const values = new Set(found.map((each) => canonicalJson(each.last?.vars ?? {})));
  return values.size === 1
    ? { kind: "same", before: first.last }
    : {
        kind: "differs",
        text: "it had other values on each of the hosts before, which one plan cannot bring back",
      };
}

const isSameWork = (before: StepBefore, step: StepFacts): boolean =>
  before.unit === step.unit.id && before.verb !== "stop" && before.verb !== "start";

function mixed(hosts: readonly string[]): Earlier {
  return {
    kind: "differs",
    text: `it was on ${hosts.join(", ")} before and not on the other hosts: take it back for each by itself`,
  };
}

function formerValues(step: StepFacts, before: StepBefore): WayBack | undefined {
  const names = [...new Set([...Object.keys(step.vars), ...Object.keys(before.vars)])].filter(
    (name) => !isSame(step.vars[name], before.vars[name]),
  );
  if (names.length === 0) return undefined;
  const version = names.every((name) => /version/i.test(name));
  const changes = names.map((name) => `${name} back to ${inWords(before.vars[name])}`).join(", ");
  return {
    kind: version ? "version" : "values",
    text: `${step.unit.name} again with the values of ${before.said}: ${changes}`,
    deed: { unit: step.unit.id, verb: version ? "rollback" : step.verb, vars: { ...before.vars } },
  };
}

function isSame(a: Value | undefined, b: Value | undefined): boolean {
  return a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b);
}

function inWords(value: Value | undefined): string {
  if (value === undefined) return "its own value";
  const text = typeof value === "string" ? value : canonicalJson(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function nothingLeft({ said: run }: StepBefore): WayBack {
  return none(
    `${run} did the same with the same values: what the files of the playbook changed since then, only the repository can bring back`,
  );
}

/** What was there before Chiffon first changed it must not be taken away with the change. */
function saidOfNew(step: StepFacts, known: Known): WayBack | undefined {
  const way = said(step, known);
  const makes = step.verb === "deploy" || step.verb === "other";
  return way?.deed?.verb === "remove" && !makes ? undefined : way;
}

/** What the unit says itself. */
function said(step: StepFacts, known: Known): WayBack | undefined {
  const { unit } = step;
  const way = unit.wayBack;
  switch (way?.kind) {
    case undefined:
      return undefined;
    case "none":
      return none(way.text === "" ? `${unit.name} says that there is none` : way.text);
    case "unit": {
      const other = findNamed(step, known, way.unit);
      if (other === undefined)
        return none(
          `${unit.name} names "${way.unit}" as its way back, and the repository has no such playbook`,
        );
      return byUnit(step, other, deedOf(other));
    }
    case "value":
      return byState(step, way.variable, way.value);
    case "state":
      return byFoundState(step, way.variable);
    default:
      return way satisfies never;
  }
}

function findNamed(step: StepFacts, { units }: Known, name: string): Unit | undefined {
  const own = units.filter((unit) => unit.repository === step.unit.repository && unit.id !== step.unit.id);
  return (
    own.find((unit) => unit.name === name || unit.path === name) ??
    own.find((unit) => unit.aliases.includes(name))
  );
}

/** What a unit that takes something back does, the heaviest first: its risk is decided by that. */
function deedOf(unit: Unit): Verb {
  const wanted: readonly Verb[] = ["remove", "restore", "rollback", "stop", "start"];
  return wanted.find((verb) => unit.verbs.includes(verb)) ?? unit.verbs[0] ?? "other";
}

function byState(step: StepFacts, variable: string, value: string): WayBack {
  return {
    kind: "state",
    text: `${step.unit.name} again with ${variable} = ${value}`,
    deed: {
      unit: step.unit.id,
      verb: gone.has(value) ? "remove" : step.verb === "remove" ? "deploy" : step.verb,
      vars: { ...step.vars, [variable]: value },
    },
  };
}

function byFoundState(step: StepFacts, variable: string): WayBack | undefined {
  const now = step.vars[variable] ?? step.unit.vars.find((each) => each.name === variable)?.default;
  const value = typeof now === "string" && Object.hasOwn(opposite, now) ? opposite[now] : undefined;
  return value === undefined ? undefined : byState(step, variable, value);
}

function deployAgain(step: StepFacts, known: Known): WayBack | undefined {
  const unit = findCounterpart(step, known, "deploy");
  if (unit === undefined) return undefined;
  const last = known.before.find(
    (each) => each.unit === unit.id && step.hosts.every((host) => each.hosts.includes(host)),
  );
  const how = last === undefined ? "with its own values" : `with the values of ${last.said}`;
  return {
    kind: "unit",
    text: `${unit.name} deploys it again, ${how}; data that was removed does not come back`,
    deed: { unit: unit.id, verb: "deploy", vars: { ...last?.vars } },
  };
}

function ofBackup(step: StepFacts, known: Known): WayBack {
  const text = "it only adds a copy, so there is nothing to take back";
  const by = said(step, known) ?? counterpart(step, known, "restore");
  if (by?.deed === null || by === undefined) return none(text);
  const name = known.units.find((unit) => unit.id === by.deed?.unit)?.name ?? by.deed.unit;
  return { ...by, kind: "restore", text: `${text}; ${name} brings back what it saves` };
}

function restore(step: StepFacts, known: Known): WayBack | undefined {
  const unit = step.verb === "restore" ? undefined : findCounterpart(step, known, "restore");
  if (unit === undefined) return undefined;
  return {
    kind: "restore",
    text: `${unit.name} brings back what was backed up before; what came after that is lost`,
    deed: { unit: unit.id, verb: "restore", vars: sharedVars(step, unit) },
  };
}

function counterpart(
  step: StepFacts,
  known: Known,
  verb: "stop" | "start" | "remove" | "restore",
): WayBack | undefined {
  const unit = findCounterpart(step, known, verb);
  return unit === undefined ? undefined : byUnit(step, unit, verb);
}

function byUnit(step: StepFacts, unit: Unit, verb: Verb): WayBack {
  const words: Partial<Record<Verb, string>> = {
    remove: "removes it",
    stop: "stops it",
    start: "starts it",
    restore: "restores it",
    deploy: "deploys it",
  };
  return {
    kind: verb === "restore" ? "restore" : "unit",
    text: `${unit.kind === "operation" ? `Chiffon's operation ${unit.name}` : unit.name} ${words[verb] ?? "takes it back"}`,
    deed: { unit: unit.id, verb, vars: sharedVars(step, unit) },
  };
}

/** Where the thing is, for instance: what was passed to make it is passed to take it away, when that unit knows it. */
function sharedVars(step: StepFacts, unit: Unit): Record<string, Value> {
  const known = new Set(unit.vars.map((variable) => variable.name));
  return Object.fromEntries(Object.entries(step.vars).filter(([name]) => known.has(name)));
}

/** The one unit of the same service that does this; of several, the one that does nothing else. */
function findCounterpart(step: StepFacts, { units }: Known, verb: Verb): Unit | undefined {
  const ofOperation = step.unit.kind === "operation";
  const fitting = units.filter(
    (unit) =>
      unit.id !== step.unit.id &&
      !unit.minor &&
      unit.problem === null &&
      unit.verbs.includes(verb) &&
      (ofOperation
        ? unit.kind === "operation" && unit.name === verb
        : unit.kind !== "operation" &&
          unit.repository === step.unit.repository &&
          unit.services.some((name) => step.services.includes(name))),
  );
  const [only, second] = fitting;
  if (second === undefined) return only;
  const alone = fitting.filter((unit) => unit.verbs.length === 1);
  return alone.length === 1 ? alone[0] : undefined;
}

function unknown({ unit }: StepFacts): WayBack {
  return none(
    unit.kind === "operation"
      ? "Chiffon has no operation that takes it back"
      : `no playbook of ${unit.repository} is known to take it back`,
  );
}

function none(text: string): WayBack {
  return { kind: "none", text, deed: null };
}
