import { dependentNouns } from "./lexicon.ts";
import type { Draft } from "./references.ts";

/** A wish whose target and hosts are known, on its way to its place in the order. */
export type Step = {
  draft: Draft;
  target: string;
  owner: string;
  hosts: string[];
  after: Set<number>;
  stage: number;
  /** Waits for the step right before it: the same wish on another host. */
  follows: boolean;
  text: string;
};

const words = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s\-_]+/)
    .filter((word) => word !== "");

/** Same target, or a part of it ("grafana" and "grafana dashboards"). */
export function related(a: string, b: string): boolean {
  const left = words(a);
  const right = words(b);
  if (left.length === 0 || right.length === 0) return false;
  if (left.join(" ") === right.join(" ")) return true;
  const [short, long] = left.length <= right.length ? [left, right] : [right, left];
  const extra = long.filter((word) => !short.includes(word));
  return short.every((word) => long.includes(word)) && extra.some((word) => dependentNouns.has(word));
}

/** Finds the steps before that a step waits for: by a word of order, the same target, or what its condition speaks of. */
export function linkStep(step: Step, before: readonly Step[]): void {
  const { draft } = step;
  const others = otherCase(draft, before);
  const base = before[others[0] ?? -1]?.after ?? new Set<number>();
  // Both cases wait for what the "if" speaks of, and not for each other.
  const waits = new Set(base);
  if (step.follows) waits.add(before.length - 1);
  const counts = (index: number): boolean => base.size === 0 || !others.includes(index);
  const stages = before.map((other) => other.stage);
  const previous = Math.max(-1, ...stages.filter((stage) => stage < step.stage));
  const explicit = step.stage > 0 && step.stage % 1000 > 0 && previous === step.stage - 1;
  if (explicit) {
    const leaves = before
      .map((_, index) => index)
      .filter(
        (index) =>
          stages[index] === previous &&
          counts(index) &&
          !before.some((other) => other.stage === previous && other.after.has(index)),
      );
    for (const index of leaves) waits.add(index);
  }
  const same = before.findLastIndex(
    (other, index) => counts(index) && related(step.target, other.target) && sharesHosts(step, other),
  );
  if (same >= 0) waits.add(same);
  const goal = draft.wish.params["to"];
  const isGoal = (other: Step, index: number): boolean =>
    goal !== undefined && counts(index) && related(goal, other.target);
  const goalStep = before.findLastIndex(isGoal);
  if (goalStep >= 0) waits.add(goalStep);
  if (
    draft.condition !== null &&
    /\b(?:it|that|this|they|changed|succeeds?|fails?|works?|worked|failed|succeeded)\b/i.test(
      draft.condition,
    ) &&
    waits.size === 0
  ) {
    // The last one that does not stand under the same condition: that is what it speaks of.
    const spoken = before.findLastIndex((other) => other.draft.condition !== draft.condition);
    if (spoken >= 0) waits.add(spoken);
  }
  // "update the packages on web1 and reboot it": what "it" stands for is what came before, also where it means the machine.
  if (draft.wish.reference !== "none" && waits.size === 0) {
    const source = before.findLastIndex((other) => other.draft !== draft && sharesHosts(step, other));
    if (source >= 0 && machineStep(step)) waits.add(source);
  }
  step.after = reduce(waits, before);
}

/** Places of the steps that are done in the other case. */
const otherCase = ({ instead }: Draft, before: readonly Step[]): number[] =>
  before.flatMap((other, index) => (instead.includes(other.draft) ? [index] : []));

const machineStep = ({ target, hosts }: Step): boolean => hosts.length > 0 && target === hosts.join(" and ");

/** Two steps on different hosts do not wait for each other because of their target. */
const sharesHosts = (a: Step, b: Step): boolean =>
  a.hosts.length === 0 ||
  b.hosts.length === 0 ||
  a.hosts.some((host) => b.hosts.includes(host)) ||
  a.hosts.includes("all") ||
  b.hosts.includes("all");

/** Drops what a direct dependency already waits for. */
function reduce(waits: ReadonlySet<number>, before: readonly Step[]): Set<number> {
  const reaches = (from: number, goal: number): boolean =>
    [...(before[from]?.after ?? [])].some((index) => index === goal || reaches(index, goal));
  return new Set(
    [...waits].filter((index) => ![...waits].some((other) => other !== index && reaches(other, index))),
  );
}
