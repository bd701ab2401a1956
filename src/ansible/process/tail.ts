import { closeSync, openSync, readSync, watch } from "node:fs";
import { isMissing } from "./attempt-result.ts";

type TailOptions = {
  /** Offset in bytes of the first byte wanted. */
  from: number;
  signal: AbortSignal;
  /** Gets the bytes in order, with the offset of the first; the next read waits for it. May keep the buffer. */
  onChunk(bytes: Buffer, offset: number): Promise<void>;
  /** Settles when the file does not grow any more. */
  ended: Promise<unknown>;
  pace: Pace;
};

/** How soon news is wanted. */
export interface Pace {
  /** Milliseconds between two reads of a file that grows: a wake-up for every line would cost more than the work itself. */
  activeMs(): number;
  /** Calls back when news is wanted sooner than before; returns what ends it. */
  onHurry(hurry: () => void): () => void;
}

const chunkBytes = 65_536;
/** After so many reads without news the file is watched instead. */
const quietReads = 5;
/** While watching: for changes that are not reported, which not every file system does. */
const pollMs = 1_000;

/**
 * Follows a file that grows until `ended` has settled and everything was read; answers the offset behind the last
 * byte. Rejects with the signal's reason when aborted, and with whatever onChunk throws.
 */
export async function tailFile(path: string, options: TailOptions): Promise<number> {
  const { signal, ended } = options;
  signal.throwIfAborted();
  const bell = createBell();
  let over = false;
  const onEnd = (): void => {
    over = true;
    bell.ring();
  };
  ended.then(onEnd, onEnd);
  signal.addEventListener("abort", bell.ring);
  const calm = options.pace.onHurry(bell.ring);
  let watcher: Watcher | undefined;
  let file: number | undefined;
  let offset = options.from;
  let quiet = 0;
  try {
    for (;;) {
      // Looked at before the read: what was written before the end is then read for certain.
      const last = over;
      file ??= openIfThere(path);
      const before = offset;
      if (file !== undefined) offset = await readOn(file, offset, options);
      if (last) return offset;
      quiet = offset > before ? 0 : quiet + 1;
      if (quiet === 0) watcher = closeWatcher(watcher);
      // One more look after the watch began, for what came in between.
      if (quiet >= quietReads && watcher === undefined) watcher = watchQuietly(path, bell.ring);
      else await bell.wait(watcher === undefined ? options.pace.activeMs() : pollMs, over);
      signal.throwIfAborted();
    }
  } finally {
    closeWatcher(watcher);
    calm();
    signal.removeEventListener("abort", bell.ring);
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Reads synchronously: the bytes have just been written and lie in memory, and a trip to the thread pool costs twenty
 * times the read.
 */
async function readOn(file: number, from: number, options: TailOptions): Promise<number> {
  let offset = from;
  for (;;) {
    const count = readSync(file, shared, 0, chunkBytes, offset);
    if (count > 0) await options.onChunk(Buffer.from(shared.subarray(0, count)), offset);
    options.signal.throwIfAborted();
    offset += count;
    if (count < chunkBytes) return offset;
  }
}

/** Filled and copied without an await in between. */
const shared = Buffer.allocUnsafeSlow(chunkBytes);

type Bell = {
  ring(): void;
  /** Resolves after the time, or when somebody rings. Not at all late when it is `over` already. */
  wait(ms: number, over: boolean): Promise<void>;
};

function createBell(): Bell {
  let wake: (() => void) | undefined;
  let rung = false;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    wait(ms, over) {
      if (over || rung) {
        rung = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const timer = setTimeout(finish, ms);
        function finish(): void {
          clearTimeout(timer);
          wake = undefined;
          rung = false;
          resolve();
        }
        wake = finish;
      });
    },
  };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

type Watcher = { close(): void };

function closeWatcher(watcher: Watcher | undefined): undefined {
  watcher?.close();
}

/** A watch is only a hint here: without one (too many watches, no such file yet) the poll is enough. */
function watchQuietly(path: string, onChange: () => void): Watcher {
  try {
    return watch(path, onChange).on("error", () => {});
  } catch {
    return { close: () => {} };
  }
}
