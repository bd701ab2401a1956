import type { AuditFinding, AuditVerifyResult } from "../../contracts/audit.ts";
import { toHex } from "../../domain/base-encoding.ts";
import { leafHash } from "../../domain/merkle/hashing.ts";
import type { NoteVerifier } from "../../domain/signed-note.ts";
import type { Database, Tx } from "../schema.ts";
import { createLogChecker } from "./check-log.ts";
import type { LogChecker, LogFinding } from "./check-log.ts";
import type { StoredRow } from "./check-record.ts";
import { leavesFilePath } from "./checkpoint-files.ts";
import { createVerifier, sha256 } from "./hash.ts";
import { locate } from "./locate.ts";
import { listCheckpoints } from "./log-sql.ts";
import type { RecordRepository } from "./projection.ts";
import { checkGit, readGitSize } from "./verify-git.ts";
import type { GitState } from "./verify-git.ts";
import { countUnnumbered, findNumberOfLeaf, readLog, readStateSize } from "./verify-sql.ts";
import { checkOutputs } from "./verify-outputs.ts";
import { withSnapshot } from "../snapshot.ts";

export interface VerifyOptions {
  readonly db: Database;
  /** The key whose signatures count; the signer itself will do. */
  readonly key: Pick<NoteVerifier, "name" | "publicKey">;
  /** The git projection, compared file by file; also a second copy that tells which record was changed. */
  readonly git?: RecordRepository;
  /** Signed checkpoints that were kept elsewhere: the log must contain them. */
  readonly pinned?: readonly string[];
  /** Told now and then how many of how many records are verified. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

interface Verification extends VerifyOptions {
  readonly verifier: NoteVerifier;
  readonly state: GitState | undefined;
}

/**
 * Verifies the whole log against its signed checkpoints: every record's bytes, form and columns, every number, every root,
 * every signature, the git projection, and the stored outputs whose digests are in the log. Works on one snapshot of the database; stops at the first finding.
 */
export async function verifyLog(options: VerifyOptions): Promise<AuditVerifyResult> {
  const verifier = createVerifier(options.key);
  const head = await options.git?.findHead();
  const state = options.git === undefined || head === undefined ? undefined : { git: options.git, head };
  return withSnapshot(options.db, (tx) => verifySnapshot(tx, { ...options, verifier, state }));
}

async function verifySnapshot(tx: Tx, options: Verification): Promise<AuditVerifyResult> {
  const { verifier, state } = options;
  const checkpoints = await listCheckpoints(tx, {
    after: Number.MIN_SAFE_INTEGER,
    limit: Number.MAX_SAFE_INTEGER,
  });
  const checker = createLogChecker({ verifier, checkpoints, pinned: options.pinned ?? [] });
  if ("finding" in checker) return failed(checker.finding);
  const walked = await walk(tx, checker, { ...options, total: checkpoints.at(-1)?.size ?? 0 });
  if (walked !== undefined) return failed(await refine(tx, walked, state));
  const size = checker.size();
  const unnumbered = await countUnnumbered(tx);
  const rest = await checkRest(tx, { size, lost: unnumbered.lost });
  if (rest !== undefined) return failed(rest);
  const counts = {
    size,
    root: toHex(checker.root()),
    checkpoints: checkpoints.length,
    pending: unnumbered.pending,
  };
  const sizes = checkpoints.map((checkpoint) => checkpoint.size);
  const inGit = await verifyGit(tx, { ...options, sizes });
  if ("finding" in inGit) return failed(inGit.finding);
  const outputs = await checkOutputs(tx, options.signal);
  if ("finding" in outputs) return failed(outputs.finding);
  return { ok: true, ...counts, ...inGit, outputs: outputs.agree };
}

async function verifyGit(
  tx: Tx,
  options: Verification & { sizes: readonly number[] },
): Promise<{ gitCommit?: string; gitSize?: number } | { finding: LogFinding }> {
  const { state, sizes, verifier, signal } = options;
  if (state === undefined) return {};
  const gitSize = await readGitSize(state, verifier);
  const finding =
    compareSizes(gitSize, sizes) ?? (await checkGit(tx, { ...state, size: gitSize ?? 0 }, signal));
  return finding === undefined ? { gitCommit: state.head, gitSize: gitSize ?? 0 } : { finding };
}

async function walk(
  tx: Tx,
  checker: LogChecker,
  options: Verification & { total: number },
): Promise<(LogFinding & { row?: StoredRow }) | undefined> {
  for await (const page of readLog(tx)) {
    options.signal?.throwIfAborted();
    for (const row of page) {
      const finding = checker.add(row);
      if (finding !== undefined) return { ...finding, row };
    }
    options.onProgress?.(checker.size(), options.total);
  }
  return checker.end();
}

/** Makes a finding as exact as the other copies allow. */
async function refine(
  tx: Tx,
  found: LogFinding & { row?: StoredRow },
  state: GitState | undefined,
): Promise<AuditFinding> {
  const { suspects, row, ...finding } = found;
  if (finding.kind === "root-differs" && suspects !== undefined && state !== undefined) {
    const copy = await state.git.findFile(state.head, leavesFilePath(suspects.size));
    const exact = copy === undefined ? undefined : locate(suspects, copy);
    return exact ?? finding;
  }
  if (finding.kind === "changed" && row?.record !== undefined) {
    // A record that was sealed under another number did not change: it moved.
    const place = await findNumberOfLeaf(tx, leafHash(sha256, row.record.body));
    if (place !== undefined && place !== row.index) {
      const message = `Record ${row.index} is the one that was sealed with the number ${place}.`;
      return { ...finding, kind: "reordered", message };
    }
  }
  return finding;
}

async function checkRest(
  tx: Tx,
  { size, lost }: { size: number; lost: string | undefined },
): Promise<AuditFinding | undefined> {
  const known = await readStateSize(tx);
  if (known > size) {
    const message = `The log ends after ${size} records; the sequencer had numbered ${known}.`;
    return { kind: "truncated", index: size, last_index: known - 1, message };
  }
  if (known < size) {
    const message = `The sequencer stands at ${known} records, the log at ${size}: its state was set back.`;
    return { kind: "checkpoint-changed", index: known, message };
  }
  if (lost === undefined) return undefined;
  const message = `The record ${lost} was never sealed, though all of its time are: it was added later, or its number was removed.`;
  return { kind: "added", record_id: lost, message };
}

function compareSizes(gitSize: number | undefined, sizes: readonly number[]): AuditFinding | undefined {
  if (gitSize === undefined) {
    return {
      kind: "git-differs",
      message: "The newest commit of the record in git has no checkpoint with a good signature.",
    };
  }
  const size = sizes.at(-1) ?? 0;
  if (gitSize > size) {
    const message = `The log ends after ${size} records; a signed checkpoint in git says ${gitSize}.`;
    return { kind: "truncated", index: size, last_index: gitSize - 1, checkpoint: gitSize, message };
  }
  if (sizes.includes(gitSize)) return undefined;
  const message = `The checkpoint of ${gitSize} records, which git has, is gone from the database.`;
  return { kind: "checkpoint-changed", checkpoint: gitSize, message };
}

function failed(finding: LogFinding): AuditVerifyResult {
  const { suspects: _, ...shown } = finding;
  return { ok: false, finding: shown };
}
