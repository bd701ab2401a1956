import type { PreviewProgress, PreviewTask, StepPreview } from "../../../src/contracts/preview.ts";
import { count } from "./plan-words.ts";

/** "3 would change, 8 would not, 2 cannot be known". */
export function countsOf({ counts }: Pick<StepPreview, "counts">): string {
  return `${counts.change} would change, ${counts.same} would not, ${counts.unknown} cannot be known`;
}

/** Almost all is not all. */
export function percentOf(coverage: number): string {
  return `${coverage === 1 ? 100 : Math.min(99, Math.round(coverage * 100))} %`;
}

/** How the preview of a step stands, in one line. */
export function previewLine(step: StepPreview): string {
  switch (step.state) {
    case "none":
      return step.reason ?? "not previewed yet";
    case "running":
      return "is being previewed: the hosts are looked at in check mode, nothing is changed";
    case "done":
      return `${countsOf(step)} (${percentOf(step.coverage)} known)`;
    case "stopped":
      return `${countsOf(step)} (${percentOf(step.coverage)} known); ${step.reason ?? "it could not continue"}`;
    case "cancelled":
      return "the preview was cancelled";
    case "unavailable":
      return `no preview: ${step.reason ?? "it is not available"}`;
    default:
      return step.state satisfies never;
  }
}

/** Where a preview is that runs: "Task 3 of 8: Write the page on web1". */
export function progressLine({ task, of, name, host }: PreviewProgress): string {
  const number = task === null ? "" : `Task ${task}${of === null ? "" : ` of ${of}`}: `;
  return `${number}${name}${host === null ? "" : ` on ${host}`}`;
}

/** Its number and name, and whether it is a handler. */
export function titleOfTask({ number, name, handler }: PreviewTask): string {
  return `${number}. ${name}${handler === true ? " (handler)" : ""}`;
}

/** Hosts on which the task would change something. */
export function changingHosts(task: PreviewTask): readonly string[] {
  return task.results.filter((result) => result.class === "change").flatMap((result) => result.hosts);
}

/** "7 hosts the same, 1 differs"; undefined where there is nothing to compare. */
export function spreadOf(task: PreviewTask): string | undefined {
  const [first, ...others] = task.diffs;
  if (first === undefined || first.hosts.length + others.length < 2) return undefined;
  const differ = others.reduce((sum, diff) => sum + diff.hosts.length, 0);
  const same = `${count(first.hosts.length, "host")} the same`;
  return differ === 0 ? same : `${same}, ${differ} ${differ === 1 ? "differs" : "differ"}`;
}

/** What cannot be known, one row for each task and reason. */
export function unknownsOf(
  step: StepPreview,
): readonly { number: number; title: string; source: string; reason: string; hosts: readonly string[] }[] {
  return step.tasks.flatMap((task) =>
    task.results
      .filter((result) => result.class === "unknown")
      .map(({ reason, hosts }) => ({
        number: task.number,
        title: titleOfTask(task),
        source: task.source,
        reason: reason ?? "check mode cannot tell",
        hosts,
      })),
  );
}
