import { sql } from "kysely";
import type { RunLog } from "../../contracts/api.ts";
import type { Attempt, HostResult, Run, RunSummary, Task } from "../../contracts/run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Page, PageOptions } from "../engine.ts";
import { isBehind, toPage } from "../page-sql.ts";
import type { Database, Tx } from "../schema.ts";
import { withSnapshot } from "../snapshot.ts";
import { listPreviews } from "./preview-sql.ts";
import { noSuchRun, type AttemptRow, type RunRow, type TaskRow } from "./sql.ts";
import { toStops } from "./stops.ts";

type RunWithSeq = RunRow & { last_seq: number | null };

const base = (db: Database) =>
  db
    .selectFrom("run")
    .leftJoin("topic", (join) => join.on("topic.name", "=", sql<string>`'run:' || run.id::text`))
    .selectAll("run")
    .select("topic.last_seq");

export async function listRuns(db: Database, options: PageOptions): Promise<Page<RunSummary>> {
  let query = base(db)
    .orderBy("run.created_at", "desc")
    .orderBy("run.id")
    .limit(options.limit + 1);
  if (options.cursor !== undefined)
    query = query.where(isBehind(options.cursor, { time: "run.created_at", id: "run.id" }));
  const items = (await query.execute()).map(toSummary);
  return toPage(items, { limit: options.limit, time: (item) => item.createdAt });
}

/** The run with its tasks and stops, all of one moment: no caller sees a task that ended in a run that still waits for it. */
export async function getRun(db: Database, id: string): Promise<Run> {
  return await withSnapshot(db, (tx) => readRun(tx, id));
}

async function readRun(db: Tx, id: string): Promise<Run> {
  const row = await base(db).where("run.id", "=", id).executeTakeFirst();
  if (!row) throw noSuchRun(id);
  const tasks = await listTasks(db, { column: "run_id", id });
  const stopped = tasks.filter((task) => task.row.stop !== null).map((task) => task.row);
  const stops = toStops(row.plan_hash, stopped, await listPreviews(db, stopped));
  return { ...toSummary(row), tasks: tasks.map((task) => task.shown), pause: row.pause, stops };
}

export async function getTask(db: Database, id: string): Promise<Task> {
  const [task] = await withSnapshot(db, (tx) => listTasks(tx, { column: "id", id }));
  if (!task) throw new ChiffonError("not-found", `there is no task ${id}`);
  return task.shown;
}

async function listTasks(
  db: Tx,
  by: { column: "id" | "run_id"; id: string },
): Promise<{ row: TaskRow; shown: Task }[]> {
  const tasks = await db
    .selectFrom("task")
    .selectAll()
    .where(by.column, "=", by.id)
    .orderBy("step")
    .execute();
  const attempts =
    tasks.length === 0
      ? []
      : await db
          .selectFrom("attempt")
          .selectAll()
          .where(
            "task_id",
            "in",
            tasks.map((task) => task.id),
          )
          .orderBy("number")
          .execute();
  return tasks.map((row) => ({ row, shown: toTask(row, attempts) }));
}

function toSummary(row: RunWithSeq): RunSummary {
  return {
    id: row.id,
    planId: row.plan_id,
    planHash: row.plan_hash,
    purpose: row.purpose,
    requestText: row.request_text,
    state: row.state,
    reason: row.reason,
    priority: row.priority,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    lastSeq: row.last_seq ?? 0,
    removed: row.removed,
  };
}

function toTask(row: TaskRow, attempts: readonly AttemptRow[]): Task {
  return {
    id: row.id,
    runId: row.run_id,
    planId: row.plan_id,
    step: row.step,
    state: row.state,
    reason: row.reason,
    name: row.name,
    hosts: row.hosts,
    after: row.after,
    attempts: attempts.filter((each) => each.task_id === row.id).map(toAttempt),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

function toAttempt(row: AttemptRow): Attempt {
  return {
    number: row.number,
    fence: row.fence,
    agentId: row.agent_id,
    state: row.state,
    outcome: row.outcome,
    exitCode: row.exit_code,
    error: row.error,
    recap: row.recap,
    resources: row.resources,
    leasedAt: row.leased_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

/** The host x ansibleTask table of a run, in the order in which Ansible went through it. */
export async function listHostResults(db: Database, runId: string): Promise<HostResult[]> {
  const rows = await db
    .selectFrom("host_result")
    .innerJoin("task", "task.id", "host_result.task_id")
    .innerJoin("ansible_task", (join) =>
      join
        .onRef("ansible_task.task_id", "=", "host_result.task_id")
        .onRef("ansible_task.attempt", "=", "host_result.attempt")
        .onRef("ansible_task.key", "=", "host_result.key"),
    )
    .selectAll("host_result")
    .select(["ansible_task.name", "ansible_task.module", "ansible_task.source"])
    .where("task.run_id", "=", runId)
    .orderBy("task.step")
    .orderBy("host_result.attempt")
    .orderBy("ansible_task.position")
    .orderBy("host_result.host")
    .execute();
  return rows.map((row) => ({
    taskId: row.task_id,
    attempt: row.attempt,
    key: row.key,
    name: row.name,
    source: row.source,
    module: row.module,
    host: row.host,
    status: row.status,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    message: row.message,
  }));
}

/** Stored output of a run from `after` (UTF-16 units over all attempts in the order of their events). */
export async function readLog(
  db: Database,
  runId: string,
  from: { after: number; limit: number },
): Promise<RunLog> {
  const run = await db.selectFrom("run").select("removed").where("id", "=", runId).executeTakeFirst();
  if (run?.removed != null) return { text: "", next: from.after, end: true, removed: run.removed };
  const topic = `run:${runId}`;
  // From the piece in which `after` lies: the index leads there, however long the log is.
  const rows = await sql<{ text: string; begins: number }>`
    SELECT data->>'text' AS text, output_from AS begins FROM event
    WHERE topic = ${topic} AND output_from < ${from.after + from.limit} AND output_from >= coalesce((
      SELECT output_from FROM event WHERE topic = ${topic} AND output_from <= ${from.after}
      ORDER BY output_from DESC LIMIT 1), 0)
    ORDER BY output_from, seq
  `.execute(db);
  const [first] = rows.rows;
  if (!first) return { text: "", next: from.after, end: true };
  const all = rows.rows.map((row) => row.text).join("");
  const text = all.slice(from.after - Number(first.begins)).slice(0, from.limit);
  return { text, next: from.after + text.length, end: text.length < from.limit };
}
