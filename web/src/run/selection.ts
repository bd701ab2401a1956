import { findSections, type OutputState } from "./log-output.ts";
import type { LineFilter } from "./log-lines.ts";
import { attemptOf } from "./run-facts.ts";
import type { RunView } from "./run-view.ts";

/** What the reader has chosen in the table; the log shows only that. */
export interface Selection {
  readonly taskId: string;
  readonly attempt: number;
  /** Null for the whole attempt. */
  readonly key: string | null;
  readonly host: string | null;
}

export function sameSelection(one: Selection | null, other: Selection): boolean {
  return (
    one !== null &&
    one.taskId === other.taskId &&
    one.attempt === other.attempt &&
    one.key === other.key &&
    one.host === other.host
  );
}

export function filterOf(view: RunView, selection: Selection): LineFilter {
  const { taskId, attempt: number, key, host } = selection;
  const attempt = attemptOf(view, taskId, number);
  const headings: OutputState["headings"] = attempt?.output.headings ?? [];
  const sections = key === null ? null : findSections(headings, attempt?.ansibleTasks ?? [], key);
  return { taskId, attempt: number, sections, host };
}

/** What is chosen, in words. */
export function describeSelection(view: RunView, { taskId, attempt: number, key, host }: Selection): string {
  const task = view.run?.tasks.find((each) => each.id === taskId);
  const name = attemptOf(view, taskId, number)?.ansibleTasks.find((each) => each.key === key)?.name;
  const parts = [
    task === undefined ? "" : `step ${task.step + 1}`,
    name ?? "",
    host === null ? "" : `on ${host}`,
  ];
  return parts.filter(Boolean).join(", ");
}
