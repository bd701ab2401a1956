import type { Database, Tx } from "../schema.ts";
import { listCheckpoints, listLeaves, listRecordsOfTasks, listTaskEnds } from "./log-sql.ts";
import type { CheckpointRow } from "./log-sql.ts";
import { buildTaskRecord, taskFilePath, taskFileText } from "./task-file.ts";
import type { NumberedRecord } from "./task-file.ts";

/** The newest checkpoint in the git projection. */
export const checkpointPath = ".audit/checkpoint";

/** One checkpoint as a commit of the git projection: a function of the log alone, the same whenever it is made. */
export interface CheckpointCommit {
  readonly size: number;
  readonly at: Date;
  readonly message: string;
  /** Paths in the repository and their whole texts. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/**
 * Folders and name for a checkpoint of this size, in groups of three digits as C2SP tiles are named (`x001/x234/067`): no
 * folder ever has more than about two thousand entries, so a commit costs the same however long the log is.
 */
export function sizePath(size: number): string {
  const digits = String(size);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
}

export const noteFilePath = (size: number): string => `.audit/checkpoints/${sizePath(size)}`;

/** Leaf hashes of the records that a checkpoint added: with them git alone gives every root again. */
export const leavesFilePath = (size: number): string => `.audit/leaves/${sizePath(size)}`;

/** The next checkpoints after `after` (a size), at most `limit`, each with all its files. */
export async function loadCheckpointCommits(
  db: Database | Tx,
  range: { after: number; limit: number },
): Promise<CheckpointCommit[]> {
  const checkpoints = await listCheckpoints(db, range);
  const [first, last] = [checkpoints[0], checkpoints.at(-1)];
  if (first === undefined || last === undefined) return [];
  const leaves = await listLeaves(db, first.from, last.size);
  const tasks = await loadFinishedTasks(db, first.from, last.size);
  return checkpoints.map((checkpoint) => {
    const { size, from, at, note } = checkpoint;
    const records = tasks
      .filter((task) => task.ends.some((end) => end >= from && end < size))
      .flatMap(
        (task) =>
          buildTaskRecord(
            task.id,
            task.records.filter((record) => record.index < size),
          ) ?? [],
      );
    return {
      size,
      at,
      message: commitMessage(checkpoint, records),
      files: [
        { path: checkpointPath, text: note },
        { path: noteFilePath(size), text: note },
        {
          path: leavesFilePath(size),
          text: `${leaves.slice(from - first.from, size - first.from).join("\n")}\n`,
        },
        ...records.map((record) => ({ path: taskFilePath(record.task_id), text: taskFileText(record) })),
      ],
    };
  });
}

function commitMessage(
  { size, at, root }: CheckpointRow,
  tasks: readonly { task_id: string; status: string | null }[],
): string {
  const [only] = tasks;
  const title =
    only !== undefined && tasks.length === 1
      ? `audit: task ${only.task_id} ${only.status ?? "finished"} at ${at.toISOString()}`
      : `audit: ${tasks.length} finished tasks, ${size} records at ${at.toISOString()}`;
  return `${title}\n\nCheckpoint: ${size} ${Buffer.from(root).toString("hex")}\n`;
}

interface FinishedTask {
  readonly id: string;
  /** Numbers of the records in the range that end the task. */
  readonly ends: number[];
  /** All records of the task up to the end of the range, by number. */
  readonly records: NumberedRecord[];
}

async function loadFinishedTasks(db: Database | Tx, from: number, to: number): Promise<FinishedTask[]> {
  const tasks = new Map<string, FinishedTask>();
  for (const { index, taskId } of await listTaskEnds(db, from, to)) {
    const task = tasks.get(taskId) ?? { id: taskId, ends: [], records: [] };
    task.ends.push(index);
    tasks.set(taskId, task);
  }
  for (const { taskId, record } of await listRecordsOfTasks(db, [...tasks.keys()], to)) {
    tasks.get(taskId)?.records.push(record);
  }
  return [...tasks.values()];
}
