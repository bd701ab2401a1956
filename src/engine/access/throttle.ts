import { ChiffonError } from "../../domain/errors.ts";
import type { Clock } from "../../ports/clock.ts";

const freeFailures = 5;
const maxDelay = 15 * 60_000;
const forgetAfter = 60 * 60_000;
const maxKeys = 10_000;

/** Milliseconds to wait after this many failures in a row: nothing for four, then 1 s, 2 s, 4 s, … up to 15 minutes. */
export function delayAfter(failures: number): number {
  return failures < freeFailures ? 0 : Math.min(maxDelay, 1_000 * 2 ** (failures - freeFailures));
}

/** Slows down guessing per key (user and address), in memory. */
export interface Throttle {
  /** Counts an attempt as failed before it is tried, so that parallel ones count too. Throws while the key has to wait. */
  begin(key: string): void;
  succeeded(key: string): void;
}

export function createThrottle({ clock }: { clock: Clock }): Throttle {
  const entries = new Map<string, { failures: number; last: number }>();
  return {
    begin: (key) => {
      const now = clock.now().getTime();
      const seen = entries.get(key);
      const failures = seen === undefined || now - seen.last > forgetAfter ? 0 : seen.failures;
      const wait = seen === undefined ? 0 : seen.last + delayAfter(failures) - now;
      if (wait > 0) {
        const seconds = Math.ceil(wait / 1_000);
        throw new ChiffonError("too-many-requests", "There were too many wrong passwords in a row.", {
          hint: `Try again in ${seconds} s.`,
          cause: { retryAfterSeconds: seconds },
        });
      }
      // Deleting first keeps the map in order of use, so that the oldest key is the first.
      entries.delete(key);
      if (entries.size >= maxKeys) {
        const oldest = entries.keys().next().value;
        if (oldest !== undefined) entries.delete(oldest);
      }
      entries.set(key, { failures: failures + 1, last: now });
    },
    succeeded: (key) => {
      entries.delete(key);
    },
  };
}
