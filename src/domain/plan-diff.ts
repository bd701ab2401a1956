import type { PlanStep, SnapshotFile, StepManifest } from "../contracts/plan.ts";
import type { FileDiff, StepDiff } from "../contracts/plan-diff.ts";
import { canonicalJson } from "./canonical-json.ts";

/** One plan of the two that are compared. */
export interface PlanSide {
  readonly steps: readonly PlanStep[];
  readonly manifests: readonly StepManifest[];
  /** Files by digest of the snapshot; absent where the snapshot is no longer kept. */
  readonly files: ReadonlyMap<string, readonly SnapshotFile[]>;
}

/** More files than a person reads. */
const maxFiles = 200;

/**
 * How one plan differs from an earlier one, step by step. Files are told by digest only; who has them adds their text.
 * `same`: everything that decides what runs where is equal. Pure.
 */
export function diffPlans(before: PlanSide, after: PlanSide): { same: boolean; steps: StepDiff[] } {
  const pairs = pairSteps(before.steps, after.steps);
  const order = pairs.flatMap(({ was, is }) => (was !== undefined && is !== undefined ? [was.index] : []));
  const steps = pairs.map((pair) => diffStep(pair, { before, after, order }));
  return { steps, same: isSame(before.manifests, after.manifests) };
}

/** Nothing of a manifest names its plan: two plans that do the same have equal ones. */
function isSame(before: readonly StepManifest[], after: readonly StepManifest[]): boolean {
  return canonicalJson(before) === canonicalJson(after);
}

interface Pair {
  readonly was: PlanStep | undefined;
  readonly is: PlanStep | undefined;
}

/** Steps have no name of their own: the same unit for the same words, then the same unit, then the same words. */
function pairSteps(before: readonly PlanStep[], after: readonly PlanStep[]): Pair[] {
  const found = new Map<PlanStep, PlanStep>();
  const free = new Set(before);
  const rules: ((was: PlanStep, is: PlanStep) => boolean)[] = [
    (was, is) => was.unit.id === is.unit.id && was.text === is.text,
    (was, is) => was.unit.id === is.unit.id,
    (was, is) => was.text === is.text,
  ];
  for (const fits of rules)
    for (const is of after) {
      const was = found.has(is) ? undefined : [...free].find((each) => fits(each, is));
      if (was === undefined) continue;
      found.set(is, was);
      free.delete(was);
    }
  return [
    ...after.map((is) => ({ was: found.get(is), is })),
    ...[...free].map((was) => ({ was, is: undefined })),
  ];
}

interface Around {
  readonly before: PlanSide;
  readonly after: PlanSide;
  /** Former places of the steps that both have, in the order of now. */
  readonly order: readonly number[];
}

function diffStep(pair: Pair, around: Around): StepDiff {
  const { was, is } = pair;
  const one = is ?? was;
  const files = filesOf(pair, around);
  const manifests = {
    was: around.before.manifests.find((each) => each.step === was?.index),
    is: around.after.manifests.find((each) => each.step === is?.index),
  };
  const both = was !== undefined && is !== undefined;
  const diff = {
    step: is?.index ?? null,
    was: was?.index ?? null,
    name: one?.unit.name ?? "",
    nameWas: both && was.unit.id !== is.unit.id ? was.unit.name : null,
    moved: both && isMoved(was.index, around.order),
    hosts: both ? namesOf(was.hosts, is.hosts) : none,
    tags: both ? namesOf(was.tags, is.tags) : none,
    vars: both ? varsOf(was, is) : [],
    secrets: both ? secretsOf(manifests.was, manifests.is) : [],
    files: files.slice(0, maxFiles),
    moreFiles: Math.max(0, files.length - maxFiles),
    ansibleTasks: both ? namesOf(was.ansibleTasks.map(taskName), is.ansibleTasks.map(taskName)) : none,
    risk: both && was.risk !== is.risk ? { was: was.risk, is: is.risk } : null,
    tools: both ? toolsOf(manifests.was, manifests.is) : [],
    other: both ? othersOf(manifests.was, manifests.is) : [],
  };
  const change =
    is === undefined ? "removed" : was === undefined ? "added" : isEmpty(diff) ? "same" : "changed";
  return { change, ...diff };
}

const none = { added: [], removed: [] };

/** It has passed one that stood after it. */
function isMoved(was: number, order: readonly number[]): boolean {
  return order.indexOf(was) !== order.toSorted((a, b) => a - b).indexOf(was);
}

function isEmpty(diff: Omit<StepDiff, "change">): boolean {
  const { hosts, tags, ansibleTasks } = diff;
  const lists = [diff.vars, diff.secrets, diff.files, diff.tools, diff.other];
  const names = [hosts, tags, ansibleTasks].flatMap((each) => [each.added, each.removed]);
  return (
    !diff.moved &&
    diff.nameWas === null &&
    diff.risk === null &&
    [...lists, ...names].every((each) => each.length === 0)
  );
}

/** What one list has more often than the other: a name may stand there twice. */
function namesOf(
  before: readonly string[],
  after: readonly string[],
): { added: string[]; removed: string[] } {
  return { added: without(after, before), removed: without(before, after) };
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const name of others) left.set(name, (left.get(name) ?? 0) + 1);
  return names.filter((name) => {
    const count = left.get(name) ?? 0;
    if (count > 0) left.set(name, count - 1);
    return count === 0;
  });
}

const taskName = ({ name, module }: PlanStep["ansibleTasks"][number]): string =>
  name === "" || name === module ? module : `${name} (${module})`;

function varsOf(was: PlanStep, is: PlanStep): StepDiff["vars"] {
  const [old, fresh] = [was, is].map((step) => new Map(step.vars.map(({ name, value }) => [name, value])));
  const names = [...new Set([...(fresh?.keys() ?? []), ...(old?.keys() ?? [])])];
  return names.flatMap((name) => {
    const [before, now] = [old?.get(name), fresh?.get(name)];
    if (before !== undefined && now !== undefined && canonicalJson(before) === canonicalJson(now)) return [];
    return [
      { name, ...(before === undefined ? {} : { was: before }), ...(now === undefined ? {} : { is: now }) },
    ];
  });
}

type Manifest = StepManifest | undefined;

function secretsOf(was: Manifest, is: Manifest): StepDiff["secrets"] {
  const [old, fresh] = [was, is].map(
    (each) => new Map(each?.secrets.map(({ name, version }) => [name, version])),
  );
  const names = [...new Set([...(old?.keys() ?? []), ...(fresh?.keys() ?? [])])];
  return names
    .map((name) => ({ name, was: old?.get(name) ?? null, is: fresh?.get(name) ?? null }))
    .filter((each) => each.was !== each.is);
}

function filesOf({ was, is }: Pair, { before, after }: Around): FileDiff[] {
  if (was === undefined || is === undefined || was.snapshot === is.snapshot) return [];
  const [old, fresh] = [before.files.get(was.snapshot), after.files.get(is.snapshot)];
  if (old === undefined || fresh === undefined) return [];
  const [left, right] = [old, fresh].map((files) => new Map(files.map((file) => [file.path, file])));
  return [...new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])].toSorted().flatMap((path) => {
    const [a, b] = [left?.get(path), right?.get(path)];
    if (a?.sha256 === b?.sha256 && a?.executable === b?.executable) return [];
    const change = a === undefined ? "added" : b === undefined ? "removed" : "changed";
    const note =
      a?.sha256 === b?.sha256
        ? b?.executable === true
          ? "it is executable now"
          : "it is not executable any more"
        : null;
    return [{ path, change, was: a?.sha256 ?? null, is: b?.sha256 ?? null, text: null, note } as const];
  });
}

function toolsOf(was: Manifest, is: Manifest): string[] {
  if (was === undefined || is === undefined) return [];
  return [
    ...(was.ansibleCore === is.ansibleCore ? [] : [`ansible-core ${was.ansibleCore} -> ${is.ansibleCore}`]),
    ...(was.environment === is.environment ? [] : ["Chiffon's configuration of Ansible is another one"]),
  ];
}

/** Told elsewhere, or the mere number of the step. */
const told: ReadonlySet<string> = new Set([
  "step",
  "unit",
  "snapshot",
  "hosts",
  "tags",
  "vars",
  "secrets",
  "ansibleCore",
  "environment",
]);
const words: Readonly<Record<string, string>> = {
  knownHosts: "the accepted SSH host keys",
  timeoutSeconds: "the longest time it may take",
  after: "the steps that it waits for",
  startAt: "the task that it begins at",
};

/** Whatever else decides what runs: also what a later version puts into the manifest. */
function othersOf(was: Manifest, is: Manifest): string[] {
  const [old, fresh]: (Readonly<Record<string, unknown>> | undefined)[] = [was, is];
  if (old === undefined || fresh === undefined) return [];
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])].flatMap((key) => {
    const [a, b] = [old[key] ?? null, fresh[key] ?? null];
    if (told.has(key) || canonicalJson(a) === canonicalJson(b)) return [];
    const name = words[key] ?? key;
    const [was, is] = [canonicalJson(a), canonicalJson(b)];
    return [was.length + is.length <= 160 ? `${name} ${was} -> ${is}` : `${name} changed`];
  });
}
