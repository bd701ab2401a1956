import type { CoreDeps } from "../core-deps.ts";

/**
 * Since when this server hears its agents. When it was asleep itself (a closed laptop, a stopped process), everybody seems to
 * have been silent meanwhile: then they get the whole time again. To be asked at least once per tick.
 */
export function createSleepWatch(deps: Pick<CoreDeps, "clock" | "waits" | "listeningSince">): () => Date {
  let since = deps.listeningSince;
  let last = deps.clock.now();
  return () => {
    const now = deps.clock.now();
    const pause = now.getTime() - last.getTime();
    if (pause > deps.waits.silence / 3 || pause < 0) since = now;
    last = now;
    return since;
  };
}
