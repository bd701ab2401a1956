import { setTimeout as delay } from "node:timers/promises";
import { ChiffonError } from "../domain/errors.ts";

export interface BatcherOptions<T> {
  /** Milliseconds between the beginnings of two batches; what comes alone after that long begins at once. */
  readonly every: number;
  /** Most of one batch, as `sizeOf` counts; one item is always taken. */
  readonly most: number;
  /** Default: each counts as one. */
  readonly sizeOf?: (item: T) => number;
}

export type Batcher<T, R> = ((item: T) => Promise<R>) & AsyncDisposable;

interface Waiting<T, R> {
  readonly item: T;
  readonly settled: PromiseWithResolvers<R>;
}

/**
 * Does the work of many callers at once: what comes while a batch is under way shares the next one, in the order in which it came.
 * Each caller has its own answer, after the work is done. When a batch fails its items are tried one by one, so that only those
 * fail that have to; a database that is away fails all of them. Disposing it does what waits without a pause, and waits for that.
 *
 * @param work gives one answer for each item, in their order
 */
export function createBatcher<T, R>(
  work: (items: readonly T[]) => Promise<readonly R[]>,
  options: BatcherOptions<T>,
): Batcher<T, R> {
  const { every, most, sizeOf = () => 1 } = options;
  let waiting: Waiting<T, R>[] = [];
  let running: Promise<void> | undefined;
  const stop = new AbortController();
  const takeBatch = (): Waiting<T, R>[] => {
    let size = 0;
    const past = waiting.findIndex(({ item }, at) => (size += sizeOf(item)) > most && at > 0);
    const batch = past === -1 ? waiting : waiting.slice(0, past);
    waiting = past === -1 ? [] : waiting.slice(past);
    return batch;
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const until = performance.now() + every;
      await perform(work, takeBatch());
      const pause = until - performance.now();
      if (pause > 0) await delay(pause, undefined, { ref: false, signal: stop.signal }).catch(() => {});
    }
    running = undefined;
  };
  const add = (item: T): Promise<R> => {
    const settled = Promise.withResolvers<R>();
    waiting.push({ item, settled });
    running ??= run();
    return settled.promise;
  };
  return Object.assign(add, {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  });
}

/** Never rejects. */
async function perform<T, R>(
  work: (items: readonly T[]) => Promise<readonly R[]>,
  batch: readonly Waiting<T, R>[],
): Promise<void> {
  try {
    const answers = await work(batch.map(({ item }) => item));
    if (answers.length !== batch.length) throw new Error("a batch has other answers than items");
    for (const [at, answer] of answers.entries()) batch[at]?.settled.resolve(answer);
  } catch (error) {
    const isShared = ChiffonError.is(error) && error.code === "database-unavailable";
    if (batch.length > 1 && !isShared) for (const each of batch) await perform(work, [each]);
    else for (const { settled } of batch) settled.reject(error);
  }
}
