import type { AuditFinding } from "../../contracts/audit.ts";
import { appendLeaves, emptyRange, rangeRoot } from "../../domain/merkle/compact-range.ts";
import type { CompactRange } from "../../domain/merkle/compact-range.ts";
import { sameBytes } from "../../domain/merkle/hashing.ts";
import { openNote, parseCheckpointText } from "../../domain/signed-note.ts";
import type { CheckpointBody, NoteVerifier } from "../../domain/signed-note.ts";
import { checkRecord } from "./check-record.ts";
import type { StoredRow } from "./check-record.ts";
import { sha256 } from "./hash.ts";
import type { CheckpointRow } from "./log-sql.ts";

/** Records between two good roots of which one is wrong, for whoever has a second copy of the hashes. */
export interface Suspects {
  readonly before: CompactRange;
  readonly leaves: readonly Uint8Array[];
  readonly size: number;
  readonly root: Uint8Array;
}

/** A finding of the walk; `suspects` when only a range is known. */
export interface LogFinding extends AuditFinding {
  readonly suspects?: Suspects;
}

export interface LogChecker {
  /** Takes the next row by number; a finding ends the walk. */
  add(row: StoredRow): LogFinding | undefined;
  /** After the last row. */
  end(): LogFinding | undefined;
  /** Root over all rows so far. */
  root(): Uint8Array;
  size(): number;
}

interface Boundary {
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * Walks through the log and compares it with its checkpoints, all of whose signatures must be good, and with pinned ones
 * that were kept elsewhere.
 */
export function createLogChecker(input: {
  verifier: NoteVerifier;
  checkpoints: readonly CheckpointRow[];
  pinned: readonly string[];
}): LogChecker | { readonly finding: LogFinding } {
  const opened = openCheckpoints(input);
  if ("finding" in opened) return opened;
  const { boundaries, ends, pinnedSizes } = opened;
  const sealed = input.checkpoints.at(-1)?.size ?? 0;
  let range = emptyRange;
  let leaves: Uint8Array[] = [];
  let lastArrival = -1;
  let next = 0;

  function add(row: StoredRow): LogFinding | undefined {
    const index = row.index;
    if (index < next)
      return { kind: "added", index, message: `The number ${index} has no place in the log.` };
    if (index > next) {
      const gone = { kind: "missing", index: next, last_index: index - 1 } as const;
      return { ...gone, message: `${recordsText(next, index - 1)} gone: the next one has number ${index}.` };
    }
    if (row.record === undefined)
      return { kind: "missing", index, message: `Record ${index} is gone; its number is left.` };
    const wrong = checkRecord(row.leaf, row.record);
    const record_id = row.record.id;
    if (wrong !== undefined)
      return { kind: "changed", index, record_id, message: `Record ${index} was changed: ${wrong}.` };
    // Inside one checkpoint the numbers follow the order of writing.
    if (row.arrival <= lastArrival) {
      const message = `Record ${index} was written before the one numbered ${index - 1}: they changed places.`;
      return { kind: "reordered", index, record_id, message };
    }
    leaves.push(row.leaf);
    lastArrival = row.arrival;
    next += 1;
    return atBoundary();
  }

  function atBoundary(): LogFinding | undefined {
    const expected = boundaries.get(next);
    if (expected === undefined) return undefined;
    const suspects = { before: range, leaves, ...expected };
    range = appendLeaves(sha256, range, leaves);
    leaves = [];
    if (ends.has(next)) lastArrival = -1;
    if (sameBytes(rangeRoot(sha256, range), expected.root)) return undefined;
    const [index, last_index] = [suspects.before.size, next - 1];
    const message = `${recordsText(index, last_index)} not what the signed checkpoint of ${next} records says: at least one was changed, added, removed or moved.`;
    return { kind: "root-differs", index, last_index, checkpoint: next, message, suspects };
  }

  function end(): LogFinding | undefined {
    const largest = Math.max(sealed, ...pinnedSizes);
    if (next < largest) {
      const message = `The log ends after ${next} records; a signed checkpoint says ${largest}.`;
      return { kind: "truncated", index: next, last_index: largest - 1, checkpoint: largest, message };
    }
    if (next === sealed) return undefined;
    const message = `${recordsText(sealed, next - 1)} numbered without a checkpoint: newer checkpoints are gone, or records were added.`;
    return { kind: "checkpoint-changed", index: sealed, last_index: next - 1, message };
  }

  const root = (): Uint8Array => rangeRoot(sha256, appendLeaves(sha256, range, leaves));
  return { add, end, root, size: () => next };
}

export function recordsText(first: number, last: number): string {
  return first === last ? `Record ${first} is` : `The records ${first} to ${last} are`;
}

function openCheckpoints(input: {
  verifier: NoteVerifier;
  checkpoints: readonly CheckpointRow[];
  pinned: readonly string[];
}):
  | { finding: LogFinding }
  | { boundaries: Map<number, Boundary>; ends: Set<number>; pinnedSizes: number[] } {
  const boundaries = new Map<number, Boundary>();
  const ends = new Set<number>();
  let from = 0;
  for (const row of input.checkpoints) {
    const signed = openCheckpoint(input.verifier, row.note);
    const finding = signed === undefined ? badSignature(row) : compareCheckpoint(row, signed, from);
    if (finding !== undefined) return { finding };
    boundaries.set(row.size, { size: row.size, root: row.root });
    ends.add(row.size);
    from = row.size;
  }
  const pinnedSizes: number[] = [];
  for (const note of input.pinned) {
    const signed = openCheckpoint(input.verifier, note);
    if (signed === undefined) {
      return {
        finding: {
          kind: "bad-signature",
          message: "A pinned checkpoint was not signed by the key of this log.",
        },
      };
    }
    const known = boundaries.get(signed.size);
    if (known !== undefined && !sameBytes(known.root, signed.root)) {
      const message = `The log has another checkpoint of ${signed.size} records than the pinned one, both signed: its history was rewritten.`;
      return { finding: { kind: "checkpoint-changed", checkpoint: signed.size, message } };
    }
    if (signed.size > 0) boundaries.set(signed.size, { size: signed.size, root: signed.root });
    pinnedSizes.push(signed.size);
  }
  return { boundaries, ends, pinnedSizes };
}

/** The checkpoint in a note with a good signature of this key and its origin; undefined otherwise. */
export function openCheckpoint(verifier: NoteVerifier, note: string): CheckpointBody | undefined {
  const text = openNote(sha256, verifier, note);
  const body = text === undefined ? undefined : parseCheckpointText(text);
  return body?.origin === verifier.name ? body : undefined;
}

function badSignature({ size }: CheckpointRow): LogFinding {
  const message = `The checkpoint of ${size} records has no good signature of this log's key.`;
  return { kind: "bad-signature", checkpoint: size, message };
}

function compareCheckpoint(row: CheckpointRow, signed: CheckpointBody, from: number): LogFinding | undefined {
  const differs = (what: string): LogFinding => {
    const message = `The checkpoint of ${row.size} records was changed: its ${what} is not the signed one.`;
    return { kind: "checkpoint-changed", checkpoint: row.size, message };
  };
  if (row.size !== signed.size) return differs("size");
  if (!sameBytes(row.root, signed.root)) return differs("root");
  if (row.at.toISOString() !== signed.at) return differs("time");
  if (row.from === from) return undefined;
  const message = `The checkpoint of ${row.size} records follows one of ${row.from}, but the one before it has ${from}: a checkpoint was removed or added.`;
  return { kind: "checkpoint-changed", checkpoint: row.size, message };
}
