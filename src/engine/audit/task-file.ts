import type { AuditRecordBody, TaskRecord } from "../../contracts/audit.ts";
import { TaskFinishedData } from "../../contracts/audit.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";

/** Kind of the record that ends a task. */
export const taskFinishedKind = "task.finished";

/** A record with its number and its leaf hash (hex). */
export interface NumberedRecord {
  readonly index: number;
  readonly leaf: string;
  readonly body: AuditRecordBody;
}

/**
 * What is kept of a task in git: a function of its records alone, so that it can be made again and compared. The newest
 * `task.finished` counts; undefined while there is none.
 */
export function buildTaskRecord(taskId: string, records: readonly NumberedRecord[]): TaskRecord | undefined {
  const end = records.findLast((record) => record.body.kind === taskFinishedKind)?.body;
  if (end === undefined) return undefined;
  const field = <K extends keyof TaskFinishedData>(key: K): TaskFinishedData[K] | null => {
    const parsed = TaskFinishedData.shape[key].safeParse(end.data[key]);
    return parsed.success ? (parsed.data as TaskFinishedData[K]) : null;
  };
  return {
    v: 1,
    task_id: taskId,
    request_id: end.request_id,
    plan_id: end.plan_id,
    plan_hash: field("plan_hash"),
    run_id: end.run_id,
    status: end.status,
    services: end.services ?? [],
    agent: field("agent"),
    started_at: field("started_at"),
    finished_at: field("finished_at"),
    resources: field("resources"),
    records: records.map(({ index, leaf, body }) => {
      const { id, kind, at, actor } = body;
      return { index, id, kind, at, leaf, actor: actor.name };
    }),
  };
}

/** The file's text: keys sorted as in canonical JSON, two spaces, a newline at the end. */
export function taskFileText(record: TaskRecord): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(record)), null, 2)}\n`;
}

export function taskFilePath(taskId: string): string {
  return `.audit/tasks/${taskId.slice(0, 2)}/${taskId}.json`;
}
