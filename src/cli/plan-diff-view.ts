import type { FileDiff, PlanDiff, StepDiff } from "../contracts/plan-diff.ts";
import type { Style } from "./plan-card.ts";
import { oneLine, plain, shortId } from "./text.ts";

/** The differences of two plans as a person reads them, with the changed lines of files. */
export function describePlanDiff(diff: PlanDiff, style: Style): string[] {
  const title = style("bold", `Plan ${shortId(diff.planId)}, revision ${diff.revision}`);
  const summary = diff.summary.map(oneLine);
  if (diff.against === null) return [title, ...summary];
  const against = `compared with ${oneLine(diff.against.text)}`;
  if (diff.same) return [`${title}: ${summary.join("; ")}`];
  const same = diff.steps.filter((step) => step.change === "same").length;
  return [
    `${title}, ${against}`,
    ...(diff.risk === null ? [] : [`Risk:     ${diff.risk.was} -> ${diff.risk.is}`]),
    ...diff.steps.flatMap((step) => (step.change === "same" ? [] : ["", ...describeStep(step, style)])),
    ...(same === 0 ? [] : ["", `${same} ${same === 1 ? "step is" : "steps are"} the same`]),
  ];
}

function describeStep(step: StepDiff, style: Style): string[] {
  const number = step.step === null ? `formerly ${(step.was ?? 0) + 1}` : String(step.step + 1);
  const title = style("bold", `${number}. ${oneLine(step.name)}`);
  if (step.change === "added") return [`${title}  ${style("green", "added")}`];
  if (step.change === "removed") return [`${title}  ${style("red", "left out")}`];
  const line = (name: string, text: string): string => `     ${name.padEnd(10)}${text}`;
  return [
    title,
    ...(step.nameWas === null ? [] : [line("unit", `${oneLine(step.nameWas)} -> ${oneLine(step.name)}`)]),
    ...(step.moved ? [line("order", `was step ${(step.was ?? 0) + 1}`)] : []),
    ...names("hosts", step.hosts, { line, style }),
    ...names("tags", step.tags, { line, style }),
    ...step.vars.map(({ name, was, is }) =>
      line("variable", `${oneLine(name)} ${valueOf(was)} -> ${valueOf(is)}`),
    ),
    ...step.secrets.map(({ name, was, is }) =>
      line("secret", `${oneLine(name)} ${versionOf(was)} -> ${versionOf(is)}`),
    ),
    ...names("tasks", step.ansibleTasks, { line, style }),
    ...(step.risk === null ? [] : [line("risk", `${step.risk.was} -> ${step.risk.is}`)]),
    ...step.tools.map((text) => line("tools", oneLine(text))),
    ...step.other.map((text) => line("else", oneLine(text))),
    ...step.files.flatMap((file) => describeFile(file, line, style)),
    ...(step.moreFiles === 0 ? [] : [line("files", `and ${step.moreFiles} more`)]),
  ];
}

type Line = (name: string, text: string) => string;

function names(
  title: string,
  { added, removed }: StepDiff["hosts"],
  { line, style }: { line: Line; style: Style },
): string[] {
  return [
    ...removed.map((name) => line(title, style("red", `- ${oneLine(name)}`))),
    ...added.map((name) => line(title, style("green", `+ ${oneLine(name)}`))),
  ];
}

const valueOf = (value: unknown): string =>
  value === undefined ? "its own value" : oneLine(JSON.stringify(value));

const versionOf = (version: number | null): string => (version === null ? "not used" : `version ${version}`);

function describeFile(file: FileDiff, line: Line, style: Style): string[] {
  const digests = [file.was, file.is].map((digest) => (digest === null ? "none" : digest.slice(0, 12)));
  const note = file.note === null ? "" : ` (${oneLine(file.note)})`;
  const head = line("file", `${file.change} ${oneLine(file.path)}${note}`);
  if (file.text === null) return [head, line("", `${digests.join(" -> ")}`)];
  const lines = plain(file.text).split("\n");
  return [head, ...lines.map((text) => `       ${coloured(text, style)}`)];
}

function coloured(line: string, style: Style): string {
  if (line.startsWith("+")) return style("green", line);
  return line.startsWith("-") ? style("red", line) : line;
}
