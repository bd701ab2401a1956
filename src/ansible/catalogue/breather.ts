import { setImmediate as nextTurn } from "node:timers/promises";

/** Lets other work of the process run during a long synchronous job, and notices that nobody waits any more. */
export interface Breather {
  isDue(): boolean;
  /** @throws the signal's reason when it was aborted */
  breathe(): Promise<void>;
}

const sliceMs = 12;

export function createBreather(signal?: AbortSignal): Breather {
  let since = performance.now();
  return {
    isDue: () => performance.now() - since > sliceMs,
    async breathe() {
      await nextTurn();
      signal?.throwIfAborted();
      since = performance.now();
    },
  };
}
