import type { Plan, PlanStep } from "../contracts/plan.ts";
import type { Parallel, RiskTier } from "../contracts/vocabulary.ts";
import type { Output } from "./output.ts";
import { count, duration, localTime, oneLine, plain, shellWord, shortId } from "./text.ts";

/** How many characters of a plan's hash are shown; enough for `--hash`. */
const hashPrefix = 12;

export type Style = Output["style"];

const riskWords: Record<RiskTier, string> = {
  R0: "reads only",
  R1: "reversible change of one service",
  R2: "review it before you approve",
  R3: "high: approving asks for a typed name",
  R4: "may lose data: typed name and a second person",
};

const riskStyles = { R0: "green", R1: "green", R2: "yellow", R3: "red", R4: "red" } as const satisfies Record<
  RiskTier,
  string
>;

/** The plan as a person reads it before the decision: everything that the approval covers. */
export function describePlan(plan: Plan, style: Style, options: { tasks?: boolean } = {}): string[] {
  const reasons = plan.riskReasons.map((reason) => `          ${oneLine(reason)}`);
  return [
    `${style("bold", `Plan ${shortId(plan.id)}`)}  ${plan.state}${plan.reason === null ? "" : `: ${oneLine(plan.reason)}`}`,
    `Request:  ${oneLine(plan.requestText)}`,
    ...(plan.revision > 1 ? [`Revision: ${plan.revision}`] : []),
    ...plan.steps.flatMap((step) => [
      "",
      ...describeStep(step, plan, style),
      ...(options.tasks === true ? describeTasks(step) : []),
    ]),
    "",
    ...plan.notes.map((note) => `Note:     ${oneLine(note)}`),
    `Expected: ${expectedOf(plan)}`,
    `Risk:     ${style(riskStyles[plan.risk], plan.risk)} ${riskWords[plan.risk]}`,
    ...reasons,
    ...describeRetryOf(plan),
    `Hash:     ${plan.hash.slice(0, hashPrefix)}`,
    ...describeDecision(plan),
  ];
}

function describeRetryOf({ retryOf }: Plan): string[] {
  if (retryOf === undefined) return [];
  const { runId, click } = retryOf;
  const part =
    click === null
      ? ""
      : `, a part of what ${oneLine(click.by)} approved: one click of theirs until ${localTime(click.until)}`;
  return [`Retries:  run ${shortId(runId)}${part}`];
}

/** Who has decided, and what they said about it. */
function describeDecision({ approval, reason, state }: Plan): string[] {
  if (approval === null) return [];
  const until = approval.expiresAt;
  const begins =
    until === undefined || state !== "approved"
      ? []
      : [`          the run has to begin by ${localTime(until)}`];
  const comment =
    approval.comment === null || approval.comment === reason ? "" : `: ${oneLine(approval.comment)}`;
  return [
    `Decided:  ${approval.decision} by ${oneLine(approval.by)}, ${localTime(approval.at)}${comment}`,
    ...begins,
  ];
}

function describeStep(step: PlanStep, plan: Plan, style: Style): string[] {
  const { unit } = step;
  const line = (title: string, text: string): string => `     ${title.padEnd(10)}${text}`;
  const waits = step.after.map((index) => index + 1).join(", ");
  const dynamic = step.ansibleTasks.filter((task) => task.dynamic).length;
  return [
    `${String(step.index + 1).padStart(3)}. ${style("bold", oneLine(titleOf(step)))}  (${originOf(unit)})`,
    line("from", `"${oneLine(step.text)}"`),
    line("chosen", `${confidence(unit.confidence)}: ${oneLine(unit.evidence)}`),
    line("hosts", step.hosts.length === 0 ? "none" : step.hosts.map(oneLine).join(", ")),
    ...(step.delegates ?? []).map(({ host, sources }, index) =>
      line(
        index === 0 ? "also on" : "",
        `${host === "localhost" ? "this machine (localhost)" : oneLine(host)}: ${sourcesText(sources)}`,
      ),
    ),
    ...(step.startAt === undefined ? [] : [line("begins at", oneLine(step.startAt))]),
    line(
      "runs",
      `${count(step.ansibleTasks.length, "Ansible task")} of ${count(step.fileCount, "file")}${step.become ? ", as another user (become)" : ""}${step.tags.length > 0 ? `, tags ${step.tags.map(oneLine).join(", ")}` : ""}`,
    ),
    ...describeWritten(step, line),
    ...step.vars.map((variable, index) =>
      line(
        index === 0 ? "variables" : "",
        `${oneLine(variable.name)} = ${oneLine(JSON.stringify(variable.value))}  (${oneLine(variable.source)})`,
      ),
    ),
    ...describeSettings(step).map((text, index) => line(index === 0 ? "settings" : "", text)),
    ...(step.choices ?? []).map((choice) =>
      line(choiceTitle(choice.variable), `${oneLine(choice.text)}  (${oneLine(choice.variable)})`),
    ),
    ...(step.secrets.length > 0 ? [line("secrets", step.secrets.map(oneLine).join(", "))] : []),
    ...(step.vault === undefined ? [] : [line("vault", style("yellow", oneLine(step.vault)))]),
    ...(step.condition === null ? [] : [line("only if", conditionText(step.condition, plan))]),
    ...(step.condition === null && waits !== "" ? [line("after", `step ${waits}`)] : []),
    line("preview", `${previewableAfterText(step)}${previewText(step.previewable)}`),
    ...step.decidedAtRunTime.map((what, index) =>
      line(index === 0 ? "open" : "", `decided at run time: ${oneLine(what)}`),
    ),
    ...(dynamic > 0 && step.decidedAtRunTime.length === 0
      ? [line("open", `${count(dynamic, "Ansible task")} known only at run time`)]
      : []),
    ...describeResources(step).map((text, index) => line(index === 0 ? "needs" : "", text)),
    ...(step.locks === undefined || step.locks.length === 0 ? [] : [line("locks", locksText(step.locks))]),
    line("expected", expectedOfStep(step)),
    ...(step.wayBack === undefined ? [] : [line("way back", wayBackOf(step.wayBack))]),
    line(
      "risk",
      `${step.risk}${step.riskReasons.length > 0 ? `: ${step.riskReasons.map(oneLine).join("; ")}` : ""}`,
    ),
  ];
}

/** The playbook that no repository holds, whole: it is what gets approved. */
function describeWritten({ written }: PlanStep, line: (title: string, text: string) => string): string[] {
  if (written === undefined) return [];
  const about = `${oneLine(written.file)} of ${oneLine(written.from)} by a playbook that Chiffon wrote:`;
  return [
    line("", `runs ${about}`),
    ...plain(written.text)
      .trimEnd()
      .split("\n")
      .map((text) => line("", `| ${oneLine(text)}`)),
  ];
}

function sourcesText(sources: readonly string[]): string {
  const more = sources.length > 3 ? ` and ${sources.length - 3} more` : "";
  return `${sources.slice(0, 3).map(oneLine).join(", ")}${more}`;
}

/** Every Ansible task in the order in which Ansible comes to it; what check mode cannot tell is marked. */
function describeTasks(step: PlanStep): string[] {
  const marks = (task: PlanStep["ansibleTasks"][number]): string =>
    [
      task.dynamic ? "known only at run time" : "",
      task.previewable ? "" : "cannot be previewed",
      task.become ? "become" : "",
    ]
      .filter((mark) => mark !== "")
      .map((mark) => `, ${mark}`)
      .join("");
  return [
    "     tasks",
    ...step.ansibleTasks.map(
      (task) =>
        `       ${oneLine(task.name === "" ? task.module : task.name)}  (${oneLine(task.module)}, ${oneLine(task.source)}${marks(task)})`,
    ),
  ];
}

function titleOf(step: PlanStep): string {
  const { unit } = step;
  const verb = step.verb === "other" ? "run" : step.verb;
  return unit.kind === "operation" ? `${unit.name} ${step.target}`.trim() : `${verb} ${unit.name}`;
}

function originOf(unit: PlanStep["unit"]): string {
  return unit.kind === "operation"
    ? "Chiffon's own operation"
    : `${oneLine(unit.repository)}: ${oneLine(unit.path)}`;
}

function previewText(share: number): string {
  if (share >= 1) return "all of it can be previewed";
  if (share <= 0) return "nothing of it can be previewed: check mode cannot tell what it would do";
  return `${Math.round(share * 100)} % can be previewed; check mode cannot tell what the rest would do`;
}

function previewableAfterText({ index, previewableAfter }: PlanStep): string {
  if (previewableAfter.length === 0) return "";
  const steps = previewableAfter.map((other) => other + 1).join(" and ");
  return `step ${index + 1}: can be previewed after step ${steps}; `;
}

/** "kuma_method" is the method of this step; a word too long for the column says what it is. */
function choiceTitle(variable: string): string {
  const word = oneLine(variable.split("_").at(-1) ?? "");
  return word !== "" && word.length < 10 ? word : "choice";
}

function confidence(value: number): string {
  return `confidence ${value.toFixed(2)}`;
}

function conditionText(condition: NonNullable<PlanStep["condition"]>, plan: Plan): string {
  if (condition.kind === "fact")
    return `${oneLine(condition.text)} (step ${condition.step + 1} reads it when it runs)`;
  const name = plan.steps[condition.step]?.unit.name;
  return `step ${condition.step + 1}${name === undefined ? "" : ` (${oneLine(name)})`} ${condition.kind}`;
}

function expectedOfStep(step: PlanStep): string {
  if (step.expected === null) {
    const { estimate } = step;
    return estimate === undefined || estimate === null
      ? "no history"
      : `about ${duration(estimate.ms)} (${oneLine(estimate.text)})`;
  }
  const { p50, p90, samples } = step.expected;
  return `${duration(p50)}, 9 of 10 within ${duration(p90)} (${count(samples, "run")})`;
}

function expectedOf(plan: Plan): string {
  const known = plan.steps.flatMap((step) => step.expected?.p50 ?? step.estimate?.ms ?? []);
  if (known.length === 0) return "no history";
  const unknown = plan.steps.filter((step) => step.expected === null).length;
  const sum = duration(known.reduce((total, one) => total + one, 0));
  if (unknown === 0) return sum;
  return known.length === plan.steps.length
    ? `about ${sum}, ${count(unknown, "step")} of it estimated without history`
    : `${sum} and ${count(unknown, "step")} without history`;
}

/** What the inventory sets is what a person has decided; plain defaults are only counted. */
function describeSettings({ settings = [] }: PlanStep): string[] {
  const own = settings.filter((each) => each.origin === "inventory");
  const defaults = settings.length - own.length;
  return [
    ...own.map(({ name, value, source, hosts }) => {
      const where = hosts.length === 0 ? "" : ` on ${hosts.map(oneLine).join(", ")}`;
      const text = value === null ? "(not shown)" : oneLine(JSON.stringify(value));
      return `${oneLine(name)} = ${text}${where}  (inventory, ${oneLine(source)})`;
    }),
    ...(defaults === 0 ? [] : [`${count(defaults, "variable")} with the default of the playbook`]),
  ];
}

function describeResources({ resources }: PlanStep): string[] {
  if (resources === undefined) return [];
  const { state, text, alternatives } = resources;
  const lead = { met: "met", wait: "not free now", missing: "missing", unknown: "not known" }[state];
  return [`${lead}: ${oneLine(text)}`, ...alternatives.map((each) => `or ${oneLine(each)}`)];
}

const parallelWords: Record<Parallel, string> = {
  service: "steps about other services may work there meanwhile",
  read: "reads only, as others may meanwhile",
};

function locksText(locks: NonNullable<PlanStep["locks"]>): string {
  const hosts = locks.map(({ host, services }) =>
    services.length === 0 ? oneLine(host) : `${oneLine(host)} (${services.map(oneLine).join(", ")})`,
  );
  const parallel = locks[0]?.parallel;
  return hosts.join(", ") + (parallel === undefined ? "" : `; ${parallelWords[parallel]}`);
}

/** How the step is taken back: said before the approval, for afterwards it is late to find that there is no way. */
function wayBackOf({ kind, text }: NonNullable<PlanStep["wayBack"]>): string {
  return kind === "none" ? `none: ${oneLine(text)}` : oneLine(text);
}

/** The command that approves exactly this plan. A name that has to be typed is filled in only where nobody can type it. */
export function approveCommand(plan: Plan, me: string, options: { typed: boolean }): string {
  const name = options.typed ? plan.approvalForm.typed : null;
  const type = name === null ? "" : ` --type ${shellWord(plain(name))}`;
  return `${me} plan approve ${shortId(plan.id)} --hash ${plan.hash.slice(0, hashPrefix)}${type}`;
}

/** A step that can be previewed only later: the run can stop there and show it. */
function stopSteps(plan: Plan, me: string, isTerminal: boolean): string[] {
  const step = plan.steps.find((each) => each.previewableAfter.length > 0);
  if (step === undefined) return [];
  return [
    `Or stop before step ${step.index + 1} and see its preview first: ${approveCommand(plan, me, { typed: !isTerminal })} --stop-before ${step.index + 1}`,
  ];
}

/** What a person can do with a plan, one line each. */
export function nextSteps(plan: Plan, me: string, isTerminal = false): string[] {
  const id = shortId(plan.id);
  switch (plan.state) {
    case "proposed":
      return [
        `Approve:  ${approveCommand(plan, me, { typed: !isTerminal })}`,
        ...stopSteps(plan, me, isTerminal),
        `Change:   ${me} plan revise ${id} "what should be different"`,
        `Reject:   ${me} plan reject ${id} --reason "why"`,
      ];
    case "approved":
      return plan.runId === null ? [] : [`Watch:    ${me} run watch ${shortId(plan.runId)}`];
    case "rejected":
    case "expired":
    case "stale":
      // Never by itself: only as a new revision, which is read and approved like the first one.
      return [
        `Ask again: ${me} ask ${shellWord(plain(plan.requestText))}`,
        `Change:   ${me} plan revise ${id} "what should be different"`,
      ];
    case "draft":
    case "superseded":
      return [`Ask again: ${me} ask ${shellWord(plain(plan.requestText))}`];
    default:
      return plan.state satisfies never;
  }
}
