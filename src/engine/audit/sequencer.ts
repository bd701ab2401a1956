import type { NoteSigner } from "../../domain/signed-note.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Database } from "../schema.ts";
import { startLoop } from "../loop.ts";
import type { Loop } from "../loop.ts";
import { findNewestCheckpoint } from "./log-sql.ts";
import { createProjection } from "./projection.ts";
import type { RecordRepository } from "./projection.ts";
import { sequenceBatch } from "./sequence.ts";
import type { Horizon } from "./sequence.ts";
import { failpoint } from "../../ports/failpoint.ts";

/** NOTIFY channel on which another process may wake the sequencer. */
export const wakeChannel = "audit";

export interface SequencerDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly signer: NoteSigner;
  /** Chiffon's own git repository for the record; without one nothing is projected. */
  readonly git?: RecordRepository;
  /** Subscribes to a NOTIFY channel, as the database adapter does. */
  readonly listen?: (channel: string, handler: () => void) => Promise<AsyncDisposable>;
  /** Told of every failure; the work is tried again at the next turn, nothing is lost. */
  readonly onError: (error: unknown) => void;
  /** Longest time in ms between a commit and the search for its records. Default 1000. */
  readonly intervalMs?: number;
}

export interface Sequencer extends AsyncDisposable {
  /** Numbers every committed record now, after whichever process is at that, then brings git up to date; throws what fails in the former. */
  runOnce(): Promise<{ sequenced: number; size: number }>;
  /** Begins to look for records on its own. */
  start(): void;
  /** Look now: something was recorded. */
  nudge(): void;
}

/** The one sequencer: any number of processes may have one, the database lets one at a time work. */
export function createSequencer(deps: SequencerDeps): Sequencer {
  const intervalMs = deps.intervalMs ?? 1000;
  const projection = deps.git === undefined ? undefined : createProjection({ db: deps.db, git: deps.git });
  const stop = new AbortController();
  let horizon: Horizon | undefined;
  let loop: Loop | undefined;
  let listening: Promise<AsyncDisposable> | undefined;
  // Calls of runOnce and of the loop take turns: they share the horizon and the repository.
  let turn: Promise<unknown> = Promise.resolve();

  function takeTurn(how: { wait: boolean }): Promise<{ sequenced: number; size: number }> {
    const result = turn.then(async () => {
      const done = await sequenceAll(how);
      await projection?.catchUp(stop.signal).catch(report);
      return done;
    });
    turn = result.catch(() => undefined);
    return result;
  }

  /** A git that was stopped with this process is no failure; the next process goes on. */
  function report(error: unknown): void {
    if (!stop.signal.aborted) deps.onError(error);
  }

  async function sequenceAll(how: { wait: boolean }): Promise<{ sequenced: number; size: number }> {
    let sequenced = 0;
    for (;;) {
      const batch = await sequenceBatch(deps, horizon, how);
      if (batch.busy) return { sequenced, size: (await findNewestCheckpoint(deps.db))?.size ?? 0 };
      horizon = batch.horizon;
      sequenced += batch.sequenced;
      if (batch.sequenced > 0) failpoint("sequence.committed");
      if (batch.sequenced === 0 || stop.signal.aborted) return { sequenced, size: batch.size };
    }
  }

  return {
    runOnce: () => takeTurn({ wait: true }),
    nudge: () => loop?.nudge(),
    start() {
      if (loop !== undefined || stop.signal.aborted) return;
      loop = startLoop(() => takeTurn({ wait: false }).then(() => intervalMs), deps.onError);
      listening = deps.listen?.(wakeChannel, () => loop?.nudge());
      listening?.catch(deps.onError);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await loop?.[Symbol.asyncDispose]();
      await turn;
      const subscription = await listening?.catch(() => undefined);
      await subscription?.[Symbol.asyncDispose]();
    },
  };
}
