import { sql } from "kysely";
import type { RunState } from "../../contracts/run.ts";
import type { RunModel } from "../../domain/run/model.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Database, Tx } from "../schema.ts";
import type { LoadedRun, TaskRow } from "./sql.ts";

/** Makes the run that previews a task: same plan, same approval, one task, check mode. Returns its id. */
export async function insertPreview(
  deps: Pick<CoreDeps, "newId">,
  tx: Tx,
  of: { loaded: LoadedRun; taskId: string; at: Date },
): Promise<string | undefined> {
  const { run, tasks } = of.loaded;
  const task = tasks.find((each) => each.id === of.taskId);
  if (!task) return undefined;
  const id = deps.newId();
  await tx
    .insertInto("run")
    .values({
      id,
      plan_id: run.plan_id,
      plan_hash: run.plan_hash,
      request_text: run.request_text,
      purpose: "preview",
      state: "queued",
      reason: null,
      priority: run.priority,
      approval: JSON.stringify(run.approval),
      created_at: of.at,
    })
    .execute();
  await tx
    .insertInto("task")
    .values({
      id: deps.newId(),
      run_id: id,
      plan_id: run.plan_id,
      step: task.step,
      state: "pending",
      reason: null,
      name: task.name,
      unit_id: task.unit_id,
      hosts: task.hosts,
      services: task.services,
      parallel: task.parallel,
      here: task.here,
      queue_at: task.queue_at,
      after: [],
      condition: null,
    })
    .execute();
  await tx.updateTable("task").set({ preview_run_id: id }).where("id", "=", task.id).execute();
  return id;
}

/** The task that waits for what this preview shows. */
export async function findPreviewed(tx: Tx, previewRunId: string): Promise<TaskRow | undefined> {
  return await tx
    .selectFrom("task")
    .selectAll()
    .where("preview_run_id", "=", previewRunId)
    .where("state", "=", "pending")
    .executeTakeFirst();
}

/** Fixes what a preview has shown: how it ended, the result of every cell, and every diff. */
export async function saveDigest(tx: Tx, preview: RunModel): Promise<void> {
  const end = JSON.stringify(preview.tasks.map((task) => [task.state, task.reason]));
  await sql`
    UPDATE run SET result_digest = encode(sha256(convert_to(json_build_array(
      ${end}::text,
      (SELECT json_agg(json_build_array(cell.attempt, head.position, head.name, cell.host, cell.status, cell.message)
                       ORDER BY cell.attempt, head.position, cell.host)
       FROM host_result AS cell
       JOIN task ON task.id = cell.task_id AND task.run_id = run.id
       JOIN ansible_task AS head
         ON head.task_id = cell.task_id AND head.attempt = cell.attempt AND head.key = cell.key),
      (SELECT json_agg(event.data ORDER BY event.seq) FROM event
       WHERE event.topic = 'run:' || run.id::text AND event.type = 'host.diff')
    )::text, 'UTF8')), 'hex')
    WHERE id = ${preview.id}
  `.execute(tx);
}

export interface PreviewRow {
  readonly id: string;
  readonly state: RunState;
  readonly result_digest: string | null;
}

/** The previews of these tasks. */
export async function listPreviews(
  db: Database,
  tasks: readonly Pick<TaskRow, "preview_run_id">[],
): Promise<PreviewRow[]> {
  const ids = tasks.flatMap((task) => (task.preview_run_id === null ? [] : [task.preview_run_id]));
  if (ids.length === 0) return [];
  return await db.selectFrom("run").select(["id", "state", "result_digest"]).where("id", "in", ids).execute();
}
