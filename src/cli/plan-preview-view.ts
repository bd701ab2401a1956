import type { PlanPreview, PreviewTask, StepPreview } from "../contracts/preview.ts";
import type { Plan } from "../contracts/plan.ts";
import type { Style } from "./plan-card.ts";
import { count, oneLine, plain, shortId } from "./text.ts";

/** How many lines of one diff are shown; `--json` has all that is kept. */
const mostDiffLines = 200;
const mostHosts = 8;

/** What each step would change, as a person reads it: counts first, then every change, then what cannot be known. */
export function describePlanPreview(preview: PlanPreview, plan: Plan, style: Style): string[] {
  return preview.steps.flatMap((step) => [
    ...(preview.steps.length === 1 ? [] : ["", style("bold", titleOf(step, plan))]),
    ...describeStepPreview(step, style),
  ]);
}

function titleOf(step: StepPreview, plan: Plan): string {
  const shown = plan.steps.find((each) => each.index === step.step);
  return `Step ${step.step + 1}: ${oneLine(shown?.unit.name ?? "")}`;
}

function describeStepPreview(step: StepPreview, style: Style): string[] {
  return [
    ...previewSummary(step),
    ...uncheckedLines(step, style),
    ...step.tasks.flatMap((task) => describeChange(task, style)),
    ...unknownLines(step),
  ];
}

/** The one or two lines that also stand on the plan's card. */
export function previewSummary(step: StepPreview): string[] {
  const { counts, coverage } = step;
  const known = `${counts.change} would change, ${counts.same} would not, ${counts.unknown} cannot be known (${percent(coverage)} known)`;
  const how = step.held === "sandbox" ? ", in the sandbox" : step.held === "trust" ? ", under trust" : "";
  const said = [
    ...(step.reason === null ? [] : [oneLine(step.reason)]),
    ...(step.hint === null ? [] : [`  ${oneLine(step.hint)}`]),
  ];
  switch (step.state) {
    case "none":
      return ["not previewed yet", ...said];
    case "running":
      return ["is being previewed …"];
    case "done":
      return [`${known}${how}`, ...said];
    case "stopped":
      return [`${known}${how}`, ...said];
    case "cancelled":
    case "unavailable":
      return [`${step.state === "cancelled" ? "preview cancelled" : "no preview"}`, ...said];
    default:
      return step.state satisfies never;
  }
}

/** Where a preview is that runs: "task 3 of 8: Write the page on web1". Empty when nothing is known of it. */
export function previewProgress({ steps }: PlanPreview): string {
  const running = steps.find((step) => step.progress !== undefined);
  if (running?.progress === undefined) return "";
  const { task, of, name, host } = running.progress;
  const number = task === null ? "" : `task ${task}${of === null ? "" : ` of ${of}`}: `;
  const step = steps.length === 1 ? "" : `step ${running.step + 1}, `;
  return `${step}${number}${oneLine(name)}${host === null ? "" : ` on ${oneLine(host)}`}`;
}

function uncheckedLines(step: StepPreview, style: Style): string[] {
  const tasks = step.tasks.filter((task) => task.unchecked);
  if (tasks.length === 0) return [];
  return [
    style(
      "red",
      `${count(tasks.length, "task")} would run for real even in check mode. They were held in check mode:`,
    ),
    ...tasks.map((task) => style("red", `  ${titleOfTask(task)}  (${oneLine(task.source)})`)),
  ];
}

function describeChange(task: PreviewTask, style: Style): string[] {
  const changing = task.results
    .filter((result) => result.class === "change")
    .flatMap((result) => result.hosts);
  if (changing.length === 0) return [];
  return [
    "",
    style("bold", titleOfTask(task)) + `  (${oneLine(task.source)})`,
    `   would change ${hostsText(changing)}${spread(task)}`,
    ...task.diffs.flatMap((diff) => [
      ...(task.diffs.length === 1 && diff.hosts.length === changing.length
        ? []
        : [`   on ${hostsText(diff.hosts)}:`]),
      ...diffLines(diff.text, style),
    ]),
  ];
}

function titleOfTask({ number, name, handler }: PreviewTask): string {
  return `${number}. ${oneLine(name)}${handler === true ? " (handler)" : ""}`;
}

/** "7 hosts the same, 1 differs" */
function spread(task: PreviewTask): string {
  const [first, ...others] = task.diffs;
  if (first === undefined || first.hosts.length + others.length < 2) return "";
  const differ = others.reduce((sum, diff) => sum + diff.hosts.length, 0);
  return `: ${count(first.hosts.length, "host")} the same${differ === 0 ? "" : `, ${differ} ${differ === 1 ? "differs" : "differ"}`}`;
}

function diffLines(text: string, style: Style): string[] {
  const lines = plain(text).replace(/\n$/, "").split("\n");
  const rest = lines.length - mostDiffLines;
  return [
    ...lines.slice(0, mostDiffLines).map((line) => `     ${coloured(line, style)}`),
    ...(rest > 0 ? [`     … and ${count(rest, "line")} more`] : []),
  ];
}

function coloured(line: string, style: Style): string {
  if (line.startsWith("+")) return style("green", line);
  return line.startsWith("-") ? style("red", line) : line;
}

function unknownLines(step: StepPreview): string[] {
  const unknown = step.tasks.flatMap((task) =>
    task.results
      .filter((result) => result.class === "unknown")
      .map((result) => {
        const where = result.hosts.length === step.hosts.length ? "" : ` on ${hostsText(result.hosts)}`;
        return `  ${titleOfTask(task)}${where}: ${oneLine(result.reason ?? "")}`;
      }),
  );
  if (unknown.length === 0) return [];
  return ["", "Cannot be known before it runs:", ...unknown];
}

function hostsText(hosts: readonly string[]): string {
  const shown = hosts.slice(0, mostHosts).map(oneLine).join(", ");
  return hosts.length <= mostHosts ? shown : `${shown} and ${hosts.length - mostHosts} more`;
}

function percent(share: number): string {
  // 99.6 % known is not all of it.
  return `${share === 1 ? 100 : Math.min(99, Math.round(share * 100))} %`;
}

/** The command that begins or shows it. */
export function previewCommand(plan: Pick<Plan, "id">, me: string): string {
  return `${me} plan preview ${shortId(plan.id)}`;
}
