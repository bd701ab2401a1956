import type { AuditFinding } from "../../contracts/audit.ts";
import type { NoteVerifier } from "../../domain/signed-note.ts";
import type { Tx } from "../schema.ts";
import { openCheckpoint } from "./check-log.ts";
import { checkpointPath, loadCheckpointCommits } from "./checkpoint-files.ts";
import { sha256 } from "./hash.ts";
import type { RecordRepository } from "./projection.ts";

/** Checkpoints compared at once; each has at most 10,000 records. */
const commitsPerTurn = 50;

export interface GitState {
  readonly git: RecordRepository;
  /** The commit to compare; read before the log, so that the log cannot be behind it. */
  readonly head: string;
}

/** Size of the checkpoint that a commit ends with; undefined when it has none that this log's key signed. */
export async function readGitSize(
  { git, head }: GitState,
  verifier: NoteVerifier,
): Promise<number | undefined> {
  const note = await git.findFile(head, checkpointPath);
  return note === undefined ? undefined : openCheckpoint(verifier, note)?.size;
}

/** Compares every file of the commit with what the (verified) log gives up to that checkpoint. */
export async function checkGit(
  tx: Tx,
  { git, head, size }: GitState & { size: number },
  signal: AbortSignal | undefined,
): Promise<AuditFinding | undefined> {
  const expected = new Map<string, string>();
  let reached = 0;
  while (reached < size) {
    signal?.throwIfAborted();
    const commits = await loadCheckpointCommits(tx, { after: reached, limit: commitsPerTurn });
    const last = commits.at(-1);
    if (last === undefined) break;
    for (const commit of commits) {
      if (commit.size > size) break;
      for (const file of commit.files) expected.set(file.path, digest(file.text));
    }
    reached = last.size;
  }
  for await (const file of git.listFiles(head)) {
    signal?.throwIfAborted();
    const hash = expected.get(file.path);
    if (hash === undefined) return differs(`has a file ${file.path} that no record gives`);
    if (hash !== digest(file.text)) return differs(`has other content in ${file.path} than the records give`);
    expected.delete(file.path);
  }
  const [lost] = expected.keys();
  return lost === undefined ? undefined : differs(`lacks the file ${lost}`);
}

function differs(what: string): AuditFinding {
  return { kind: "git-differs", message: `The log in the database is whole, but its copy in git ${what}.` };
}

function digest(text: string): string {
  return Buffer.from(sha256(Buffer.from(text, "utf8"))).toString("base64");
}
