import { hash } from "node:crypto";
import type { RunStop } from "../../contracts/run.ts";
import { hashStop } from "../../domain/run/stop-hash.ts";
import type { PreviewRow } from "./preview-sql.ts";
import type { TaskRow } from "./sql.ts";

const sha256 = (text: string): string => hash("sha256", text);

export type StopTask = Pick<TaskRow, "step" | "state" | "stop" | "stop_hash" | "preview_run_id">;

/** The stops of a run as people see them. One before a step that nobody decides about any more is void. */
export function toStops(
  planHash: string,
  tasks: readonly StopTask[],
  previews: readonly PreviewRow[],
): RunStop[] {
  return tasks.flatMap((task) => {
    if (task.stop === null || (task.stop !== "approved" && task.state !== "pending")) return [];
    return {
      step: task.step,
      state: task.stop,
      previewRunId: task.preview_run_id,
      hash: task.stop_hash ?? hashOfStop(planHash, task, previews),
    };
  });
}

/** What an approval of the step is bound to at this moment. */
export function hashOfStop(
  planHash: string,
  task: Pick<StopTask, "step" | "preview_run_id">,
  previews: readonly PreviewRow[],
): string {
  const shown = previews.find((each) => each.id === task.preview_run_id);
  const result = shown?.result_digest ?? null;
  const preview = shown && result !== null ? { runId: shown.id, result } : null;
  return hashStop({ planHash, step: task.step, preview }, sha256);
}
