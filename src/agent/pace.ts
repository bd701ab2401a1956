import type { Pace } from "../ansible/process/tail.ts";
import type { Clock } from "../ports/clock.ts";

/** Milliseconds between two looks at what an attempt writes while somebody watches its run. */
const watchedMs = 150;
/** The same while nobody does: each look costs messages and statements, which a run should not pay for. */
const unwatchedMs = 2_000;
/** For so many milliseconds one word that somebody watches counts; the server repeats it more often. */
const watchLasts = 10_000;

export interface AttemptPace extends Pace {
  /** Somebody watches now. */
  watch(): void;
}

export function createPace(clock: Clock): AttemptPace {
  const hurries = new Set<() => void>();
  let watchedUntil = 0;
  const isWatched = () => clock.now().getTime() < watchedUntil;
  return {
    activeMs: () => (isWatched() ? watchedMs : unwatchedMs),
    onHurry(hurry) {
      hurries.add(hurry);
      return () => hurries.delete(hurry);
    },
    watch() {
      const hurry = !isWatched();
      watchedUntil = clock.now().getTime() + watchLasts;
      if (hurry) for (const each of hurries) each();
    },
  };
}
