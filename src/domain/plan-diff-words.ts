import type { StepDiff } from "../contracts/plan-diff.ts";

const longestValue = 60;
const mostNames = 5;

/** The differences of two plans as sentences, one per step that differs. Pure. */
export function describeDiff(steps: readonly StepDiff[]): string[] {
  return steps.flatMap((step) => {
    const what = describeStep(step);
    return what.length === 0 ? [] : [`${nameOf(step)}: ${what.join("; ")}`];
  });
}

function nameOf({ step, was, name }: StepDiff): string {
  return step === null ? `former step ${(was ?? 0) + 1} (${name})` : `step ${step + 1} (${name})`;
}

function describeStep(diff: StepDiff): string[] {
  if (diff.change === "added") return ["added"];
  if (diff.change === "removed") return ["left out"];
  return [
    ...(diff.nameWas === null ? [] : [`${diff.nameWas} -> ${diff.name}`]),
    ...(diff.moved ? ["stands elsewhere in the order"] : []),
    ...describeNames("hosts", diff.hosts),
    ...diff.vars.map(({ name, was, is }) => `${name} ${inWords(was)} -> ${inWords(is)}`),
    ...diff.secrets.map(({ name, was, is }) => `secret ${name}: ${version(was)} -> ${version(is)}`),
    ...describeNames("tags", diff.tags),
    ...describeFiles(diff),
    ...describeNames("Ansible tasks", diff.ansibleTasks),
    ...(diff.risk === null ? [] : [`risk ${diff.risk.was} -> ${diff.risk.is}`]),
    ...diff.tools,
    ...diff.other,
  ];
}

const version = (number: number | null): string => (number === null ? "not used" : `version ${number}`);

function describeNames(
  what: string,
  names: { added: readonly string[]; removed: readonly string[] },
): string[] {
  const parts = [
    ...(names.removed.length === 0 ? [] : [`without ${few(names.removed)}`]),
    ...(names.added.length === 0 ? [] : [`with ${few(names.added)}`]),
  ];
  return parts.length === 0 ? [] : [`${what} ${parts.join(", ")}`];
}

function describeFiles({ files, moreFiles }: StepDiff): string[] {
  if (files.length === 0) return [];
  const of = (change: StepDiff["files"][number]["change"]): string[] => {
    const paths = files.filter((file) => file.change === change).map((file) => file.path);
    return paths.length === 0 ? [] : [`${change} ${few(paths)}`];
  };
  const more = moreFiles === 0 ? [] : [`${moreFiles} more`];
  return [`files ${[...of("changed"), ...of("added"), ...of("removed"), ...more].join(", ")}`];
}

function few(names: readonly string[]): string {
  const more = names.length - mostNames;
  return `${names.slice(0, mostNames).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** A value as a person compares it: its own value where nothing is passed. */
function inWords(value: unknown): string {
  if (value === undefined) return "its own value";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
