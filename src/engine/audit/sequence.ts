import { ChiffonError } from "../../domain/errors.ts";
import { appendLeaves, rangeRoot } from "../../domain/merkle/compact-range.ts";
import type { CompactRange } from "../../domain/merkle/compact-range.ts";
import { sameBytes } from "../../domain/merkle/hashing.ts";
import { checkpointText, signNote } from "../../domain/signed-note.ts";
import type { NoteSigner } from "../../domain/signed-note.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Database, Tx } from "../schema.ts";
import { sha256 } from "./hash.ts";
import {
  allEndedBefore,
  insertCheckpoint,
  numberRecords,
  readState,
  takeLock,
  tryLock,
  writeState,
} from "./sequence-sql.ts";
import type { NumberedBatch, SequencerState } from "./sequence-sql.ts";
import { failpoint } from "../../ports/failpoint.ts";

/** Most records that are numbered in one transaction, under one checkpoint. */
export const batchSize = 10_000;

/**
 * Once every transaction older than `xid` has ended, no record with an arrival up to `arrival` can appear any more, and the
 * search for unnumbered records may begin behind it.
 */
interface Mark {
  readonly arrival: number;
  readonly xid: string;
}

/** What one process keeps between batches: the mark that it waits for, and the newest one, to wait for next. */
export interface Horizon {
  readonly waiting: Mark;
  readonly newest: Mark;
}

export type BatchResult =
  /** Another process is sequencing. */
  | { readonly busy: true }
  | {
      readonly busy: false;
      readonly sequenced: number;
      readonly size: number;
      readonly horizon: Horizon | undefined;
    };

interface SequenceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly signer: NoteSigner;
}

/**
 * Numbers up to 10,000 committed records in the order of writing, extends the tree and signs one checkpoint, all in one
 * transaction. Only one process does it at a time. `wait`: after the one that is at it.
 */
export async function sequenceBatch(
  deps: SequenceDeps,
  horizon: Horizon | undefined,
  { wait = false } = {},
): Promise<BatchResult> {
  return deps.db.transaction().execute(async (tx) => {
    if (wait) await takeLock(tx, "sequencer");
    else if (!(await tryLock(tx, "sequencer"))) return { busy: true };
    const state = await readState(tx);
    checkState(state);
    // Asked before the records are read: what had ended by then is seen by that statement.
    const waiting = horizon?.waiting;
    const ended = waiting !== undefined && (await allEndedBefore(tx, waiting.xid));
    const { size } = state.range;
    const added = await numberRecords(tx, { size, settled: state.settled, limit: batchSize });
    const count = added.leaves.length;
    const passed = ended && (count < batchSize || added.lastArrival >= waiting.arrival);
    const settled = passed ? Math.max(waiting.arrival, state.settled) : state.settled;
    const kept = nextHorizon({ horizon, added, passed, settled });
    if (count === 0) {
      if (settled > state.settled) await writeState(tx, { range: state.range, settled });
      return { busy: false, sequenced: 0, size, horizon: kept };
    }
    const range = appendLeaves(sha256, state.range, added.leaves);
    failpoint("sequence.numbered");
    await writeCheckpoint(deps, tx, { from: size, range });
    await writeState(tx, { range, settled });
    failpoint("sequence.before-commit");
    return { busy: false, sequenced: count, size: range.size, horizon: kept };
  });
}

function nextHorizon(now: {
  horizon: Horizon | undefined;
  added: NumberedBatch;
  passed: boolean;
  settled: number;
}): Horizon | undefined {
  const { horizon, added, passed, settled } = now;
  const arrival = Math.max(added.lastArrival, horizon?.newest.arrival ?? 0);
  // The newer transaction id vouches for the older numbers too.
  const newest = added.leaves.length > 0 ? { arrival, xid: added.xid } : horizon?.newest;
  if (newest === undefined || settled >= newest.arrival) return undefined;
  return { waiting: passed || horizon === undefined ? newest : horizon.waiting, newest };
}

/** Going on from a wrong state would sign a root that no records give. */
function checkState({ range, checkpoint }: SequencerState): void {
  const size = checkpoint?.size ?? 0;
  if (size === range.size && (!checkpoint || sameBytes(checkpoint.root, rangeRoot(sha256, range)))) return;
  throw new ChiffonError(
    "internal",
    `The audit log is not continued: its state says ${range.size} records, its newest checkpoint ${size}, or their roots differ.`,
    { hint: "Run `chiffon audit verify` to see what was changed, and restore the database from a backup." },
  );
}

async function writeCheckpoint(
  { clock, signer }: SequenceDeps,
  tx: Tx,
  { from, range }: { from: number; range: CompactRange },
): Promise<void> {
  const at = clock.now();
  const root = rangeRoot(sha256, range);
  const text = checkpointText({ origin: signer.name, size: range.size, root, at: at.toISOString() });
  const note = signNote(sha256, signer, text);
  await insertCheckpoint(tx, { size: range.size, from, root, at, note });
}
