import type { ApprovalForm, Plan, PlanState, PlanStep } from "../../../src/contracts/plan.ts";
import type { Parallel, RiskTier } from "../../../src/contracts/vocabulary.ts";

/** How many characters of a hash people compare. */
const hashLength = 12;

/** What a tier means, in a few words. */
export const riskWords: Readonly<Record<RiskTier, string>> = {
  R0: "reads only",
  R1: "reversible change of one service",
  R2: "review it before you approve",
  R3: "high: approving asks for a typed name",
  R4: "may lose data: typed name and a second person",
};

/** The beginning of a plan's hash, as the command line shows it too. */
export function shortHash(hash: string): string {
  return hash.slice(0, hashLength);
}

/** "1 host", "2 hosts". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

export function titleOf(step: Pick<PlanStep, "unit" | "verb" | "target">): string {
  const { unit } = step;
  if (unit.kind === "operation") return `${unit.name} ${step.target}`.trim();
  return `${step.verb === "other" ? "run" : step.verb} ${unit.name}`;
}

export function originOf(unit: PlanStep["unit"]): string {
  return unit.kind === "operation" ? "Chiffon's own operation" : `${unit.repository}: ${unit.path}`;
}

/** "0.93" is a number for programs; people compare percentages. */
export function confidenceOf(value: number): string {
  return `${Math.round(value * 100)} % sure`;
}

/** When the step runs, as far as other steps decide it; undefined for one that waits for nothing. */
export function waitsFor(step: PlanStep, steps: readonly PlanStep[]): string | undefined {
  const { condition } = step;
  if (condition?.kind === "fact")
    return `only if ${condition.text}, as step ${condition.step + 1} reads it when it runs`;
  if (condition !== null) {
    const name = steps.find((each) => each.index === condition.step)?.unit.name;
    return `only if step ${condition.step + 1}${name === undefined ? "" : ` (${name})`} ${condition.kind}`;
  }
  if (step.after.length === 0) return undefined;
  const numbers = step.after.map((index) => index + 1).join(", ");
  return `after step ${numbers}; not at all if ${step.after.length === 1 ? "it" : "one of them"} fails`;
}

/** What a check of the step can tell, and when. */
export function previewOf(step: PlanStep): string {
  if (step.previewableAfter.length > 0) {
    const numbers = step.previewableAfter.map((index) => index + 1).join(", ");
    return `can be previewed after step ${numbers}: what it looks at does not exist before`;
  }
  if (step.previewable >= 1) return "all of it can be previewed";
  if (step.previewable <= 0) return "nothing of it can be previewed: check mode cannot tell what it would do";
  return `${Math.round(step.previewable * 100)} % can be previewed; check mode cannot tell what the rest would do`;
}

/** "kuma_method" is the method of its step. */
export function choiceName(variable: string): string {
  const word = variable.split("_").findLast((part) => part !== "") ?? "choice";
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

/** Hosts that tasks run on although no play is made for them, each with where it says so. */
export function alsoOn(step: Pick<PlanStep, "delegates">): readonly string[] {
  return (step.delegates ?? []).map(({ host, sources }) => {
    const name = host === "localhost" ? "this machine (localhost)" : host;
    const more = sources.length > 3 ? ` and ${sources.length - 3} more` : "";
    return `${name}: ${sources.slice(0, 3).join(", ")}${more}`;
  });
}

/** What only the run decides; never empty when there is such a thing. */
export function openAtRunTime(step: PlanStep): readonly string[] {
  if (step.decidedAtRunTime.length > 0) return step.decidedAtRunTime;
  const dynamic = step.ansibleTasks.filter((task) => task.dynamic).length;
  return dynamic === 0 ? [] : [`${count(dynamic, "Ansible task")} known only at run time`];
}

/** How long a step takes, from its own successful runs. */
export function expectedOfStep(step: PlanStep, format: (ms: number) => string): string {
  if (step.expected === null)
    return step.estimate === undefined || step.estimate === null
      ? "no history"
      : `about ${format(step.estimate.ms)} (${step.estimate.text})`;
  const { p50, p90, samples } = step.expected;
  return `about ${format(p50)}, 9 of 10 within ${format(p90)} (from ${count(samples, "run")})`;
}

/** How long the whole plan takes, as far as history tells. */
export function expectedOfPlan(plan: Pick<Plan, "steps">, format: (ms: number) => string): string {
  const known = plan.steps.flatMap((step) => step.expected?.p50 ?? step.estimate?.ms ?? []);
  if (known.length === 0) return "no history";
  const unknown = plan.steps.filter((step) => step.expected === null).length;
  const sum = format(known.reduce((total, one) => total + one, 0));
  if (unknown === 0) return `in all about ${sum}`;
  return known.length === plan.steps.length
    ? `in all about ${sum}, ${count(unknown, "step")} of it estimated without history`
    : `in all about ${sum}, and ${count(unknown, "step")} without history`;
}

const resourceLeads = {
  met: "met",
  wait: "not free now",
  missing: "missing",
  unknown: "not known",
} as const;

/** What the machine needs to have, and what else could be done; empty where the playbook says nothing. */
export function resourceLines({ resources }: Pick<PlanStep, "resources">): readonly string[] {
  if (resources === undefined) return [];
  const { state, text, alternatives } = resources;
  return [`${resourceLeads[state]}: ${text}`, ...alternatives.map((each) => `or ${each}`)];
}

/** "web1 (nginx), web2 (nginx)", and what else may work there meanwhile. */
export function locksOf({ locks = [] }: Pick<PlanStep, "locks">): string {
  const hosts = locks.map(({ host, services }) =>
    services.length === 0 ? host : `${host} (${services.join(", ")})`,
  );
  const parallel = locks[0]?.parallel;
  return hosts.join(", ") + (parallel === undefined ? "" : `; ${parallelWords[parallel]}`);
}

const parallelWords: Readonly<Record<Parallel, string>> = {
  service: "steps about other services may work there meanwhile",
  read: "reads only, as others may meanwhile",
};

/** The reasons for the plan's tier that no step has told already. */
export function ownReasons(plan: Pick<Plan, "steps" | "risk" | "riskReasons">): readonly string[] {
  const told = new Set([riskWords[plan.risk], ...plan.steps.flatMap((step) => step.riskReasons)]);
  return [...new Set(plan.riskReasons)].filter((reason) => !told.has(reason));
}

/** Every host of the plan once, in the order of the steps, with the numbers of the steps that touch it. */
export function hostsOf(plan: Pick<Plan, "steps">): readonly { name: string; steps: readonly number[] }[] {
  const found = new Map<string, number[]>();
  for (const step of plan.steps) {
    const delegates = (step.delegates ?? []).map((delegate) => delegate.host);
    for (const host of new Set([...step.hosts, ...delegates]))
      found.set(host, [...(found.get(host) ?? []), step.index + 1]);
  }
  return [...found].map(([name, steps]) => ({ name, steps }));
}

/** A value as it is passed to Ansible: text without quotes only where nothing could be mistaken. */
export function valueOf(value: PlanStep["vars"][number]["value"]): string {
  return JSON.stringify(value, undefined, typeof value === "object" && value !== null ? 2 : undefined);
}

/** What the state means for the person who looks at it. */
export function stateSentence(plan: Pick<Plan, "state" | "approval">): string {
  const state: PlanState = plan.state;
  switch (state) {
    case "draft":
      return "Chiffon is still at work on this plan.";
    case "proposed":
      return "Nothing runs until somebody approves it.";
    case "approved":
      return `Approved${plan.approval === null ? "" : ` by ${plan.approval.by}`}: it runs once.`;
    case "rejected":
      return `Rejected${plan.approval === null ? "" : ` by ${plan.approval.by}`}: it never runs.`;
    case "superseded":
      return "A newer plan took its place: this one never runs.";
    case "expired":
      return "It was not begun in time, and an approval does not last: ask again to get a fresh plan.";
    case "stale":
      return "Something has changed since it was made, so it cannot be approved. Ask again to get a plan of how it is now.";
    default:
      return state satisfies never;
  }
}

/** What approving will ask for, said before somebody opens the dialog. */
export function approvalSentence(form: ApprovalForm): string {
  switch (form.kind) {
    case "click":
      return "Approving takes one click in a dialog.";
    case "review":
      return "Approving asks you to confirm that you have read it.";
    case "type":
      return `Approving asks you to type ${form.typed ?? "a name"}.`;
    case "type-and-second-person":
      return `Approving asks you to type ${form.typed ?? "a name"}; somebody else than the person who asked has to do it.`;
    default:
      return form.kind satisfies never;
  }
}
