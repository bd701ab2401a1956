import type { Run, Task } from "../../../src/contracts/run.ts";
import { lineAt, type LogLines } from "./log-lines.ts";
import { plainText } from "./log-text.ts";
import { attemptsOf, hostsOf } from "./run-facts.ts";
import type { RunView } from "./run-view.ts";

/** Steps of which nobody knows how they ended. */
export function lostTasks(run: Pick<Run, "tasks">): Task[] {
  return run.tasks.filter((task) => task.state === "unknown");
}

/** An agent that says itself that it does not know has stopped what was left; only one that fell silent may still be at it. */
export function mayStillRun(task: Task): boolean {
  return task.attempts.at(-1)?.resources == null;
}

/** What is known about the hosts of a step that was lost. */
export interface Traces {
  /** What was at work where, when the last word came. */
  readonly at: readonly string[];
  /** Hosts that have reported a change. */
  readonly changed: readonly string[];
  /** Hosts that were seen at work and have reported no change. */
  readonly touched: readonly string[];
  readonly unseen: readonly string[];
}

export function tracesOf(view: RunView, task: Task): Traces {
  const attempt = attemptsOf(view, task.id).at(-1);
  const cells = [...(attempt?.cells.values() ?? [])];
  const seen = attempt === undefined ? [] : hostsOf(attempt);
  const changed = seen.filter((host) =>
    cells.some((cell) => cell.host === host && cell.status === "changed"),
  );
  const nameOf = (key: string): string =>
    attempt?.ansibleTasks.find((each) => each.key === key)?.name ?? "an Ansible task";
  return {
    at: cells
      .filter((cell) => cell.status === "running")
      .map((cell) => `${nameOf(cell.key)} on ${cell.host}`),
    changed,
    touched: seen.filter((host) => !changed.includes(host)),
    unseen: task.hosts.map(plainText).filter((host) => !seen.includes(host)),
  };
}

const mostLines = 3;
const longestLine = 300;

/** The last lines of a step's output that say something. */
export function lastWordsOf(log: LogLines, taskId: string): string[] {
  const found: string[] = [];
  for (let index = log.count - 1; index >= 0 && found.length < mostLines; index -= 1) {
    const line = lineAt(log, index);
    if (line?.taskId !== taskId) continue;
    const text = plainText(line.text).trimEnd();
    if (text !== "") found.unshift(text.slice(0, longestLine));
  }
  return found;
}
