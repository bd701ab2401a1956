import { ChiffonError } from "../../domain/errors.ts";
import { readCheckpoint } from "../../domain/signed-note.ts";
import type { Database, Tx } from "../schema.ts";
import { checkpointPath, loadCheckpointCommits } from "./checkpoint-files.ts";
import { findCheckpoint, findNewestCheckpoint } from "./log-sql.ts";
import { tryLock } from "./sequence-sql.ts";
import { failpoint } from "../../ports/failpoint.ts";

/** Checkpoints read at once while catching up; each has at most 10,000 records. */
const commitsPerTurn = 50;

/** A git repository with one line of commits that only grows. */
export interface RecordRepository {
  /** Id of the newest commit; undefined while there is none. */
  findHead(): Promise<string | undefined>;
  /** Text of a file in a commit; undefined when it has none at that path. */
  findFile(commit: string, path: string): Promise<string | undefined>;
  /** Every file of a commit with its text, in order of paths. */
  listFiles(commit: string): AsyncIterable<{ path: string; text: string }>;
  /** Adds commits after `parent`; refused when the newest commit is another. Resolves with the newest commit's id. */
  append(
    parent: string | undefined,
    commits: readonly RepositoryCommit[],
    signal?: AbortSignal,
  ): Promise<string>;
}

/** Same content, same parent, same id: author and time come from here alone. */
export interface RepositoryCommit {
  readonly at: Date;
  readonly message: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

export interface Projection {
  /** Commits every checkpoint that git does not have yet. Does nothing while another process does it. */
  catchUp(signal: AbortSignal): Promise<void>;
}

/**
 * Writes each checkpoint, with the tasks that it finished, as one commit. Where it stands is read from the repository, so
 * it goes on after a crash, and an emptied repository is filled again with the same commits.
 */
export function createProjection({ db, git }: { db: Database; git: RecordRepository }): Projection {
  let done: { head: string; size: number } | undefined;

  async function turn(tx: Tx, signal: AbortSignal): Promise<boolean> {
    if (!(await tryLock(tx, "projection"))) return false;
    const head = await git.findHead();
    const after = head === undefined ? 0 : done?.head === head ? done.size : await readSize(tx, git, head);
    const commits = await loadCheckpointCommits(tx, { after, limit: commitsPerTurn });
    const last = commits.at(-1);
    if (last === undefined) {
      if (head !== undefined) done = { head, size: after };
      return false;
    }
    done = { head: await git.append(head, commits, signal), size: last.size };
    failpoint("projection.written");
    return commits.length === commitsPerTurn;
  }

  return {
    async catchUp(signal) {
      // Usually nothing is new: one cheap question instead of a process.
      if (done !== undefined && ((await findNewestCheckpoint(db))?.size ?? 0) === done.size) return;
      for (let more = true; more && !signal.aborted;) {
        more = await db.transaction().execute((tx) => turn(tx, signal));
      }
    },
  };
}

/** Size of the checkpoint that git ends with; throws when the database has another one, or none, of that size. */
async function readSize(tx: Tx, git: RecordRepository, head: string): Promise<number> {
  const note = await git.findFile(head, checkpointPath);
  const size = note === undefined ? undefined : readCheckpoint(note)?.size;
  const row = size === undefined ? undefined : await findCheckpoint(tx, size);
  if (size !== undefined && row?.note === note) return size;
  throw new ChiffonError(
    "conflict",
    `The audit record in git is not continued: its newest commit ${head.slice(0, 12)} does not end with a checkpoint of this database.`,
    {
      hint: "Run `chiffon audit verify`. After restoring an older database, keep a copy of the folder `audit.git`, then move it away: it is written anew.",
    },
  );
}
