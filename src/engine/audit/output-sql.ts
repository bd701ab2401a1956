import { sql } from "kysely";
import type { Tx } from "../schema.ts";
import { taskFinishedKind } from "./task-file.ts";

/** A sealed record that ends a task whose output is still kept. */
export interface TaskEnd {
  readonly index: number;
  readonly runId: string;
  readonly taskId: string;
  readonly body: string;
}

const endsPerPage = 500;
/** Each may be two thirds of a megabyte. */
const piecesPerPage = 50;

/** Run by run. */
export async function* listKeptTaskEnds(tx: Tx): AsyncGenerator<TaskEnd> {
  let after = { runId: "00000000-0000-0000-0000-000000000000", index: -1 };
  for (;;) {
    const { rows } = await sql<TaskEnd>`
      SELECT o.idx AS index, r.run_id AS "runId", r.task_id AS "taskId", convert_from(r.body, 'UTF8') AS body
      FROM audit_record r JOIN audit_order o USING (arrival) JOIN run ON run.id = r.run_id
      WHERE r.kind = ${taskFinishedKind} AND r.task_id IS NOT NULL AND run.removed IS NULL
        AND (r.run_id, o.idx) > (${after.runId}::uuid, ${after.index}::bigint)
      ORDER BY r.run_id, o.idx LIMIT ${endsPerPage}
    `.execute(tx);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** Everything that the attempts of a run wrote, piece by piece in the order in which it came. */
export async function* listOutput(
  tx: Tx,
  runId: string,
): AsyncGenerator<{ taskId: string; attempt: number; text: string }> {
  let after = -1;
  for (;;) {
    const { rows } = await sql<{ seq: number; taskId: string; attempt: number; text: string }>`
      SELECT seq, data->>'taskId' AS "taskId", (data->>'attempt')::integer AS attempt, data->>'text' AS text
      FROM event WHERE topic = ${`run:${runId}`} AND type = 'output' AND seq > ${after}
      ORDER BY seq LIMIT ${piecesPerPage}
    `.execute(tx);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.seq;
  }
}
