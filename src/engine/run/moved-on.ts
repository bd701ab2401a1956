import type { Run } from "../../contracts/run.ts";
import { isEnded } from "../../domain/run/states.ts";
import { findStaleness, type FreshnessDeps } from "../plan/freshness.ts";
import { getPlanRow } from "../plan/sql.ts";

/** How long an answer counts: whoever watches a run asks every few seconds. */
const rememberedMs = 15_000;
const mostRuns = 100;

export interface MovedOn {
  /** The run with what has changed at its source since the approval; for runs that are not over. */
  tell(run: Run): Promise<Run>;
}

/** Looks whether files, secrets, keys and tools are still as they were approved. A run uses what was approved either way. */
export function createMovedOn(deps: FreshnessDeps & { readonly clock: { now(): Date } }): MovedOn {
  const known = new Map<string, { at: number; found: Promise<string | null> }>();
  const look = (run: Run): Promise<string | null> => {
    const at = deps.clock.now().getTime();
    const before = known.get(run.id);
    if (before !== undefined && at - before.at < rememberedMs) return before.found;
    const found = getPlanRow(deps.db, run.planId).then(
      async (row) => (await findStaleness(deps, row, { listOnly: true })) ?? null,
    );
    // The run must be shown whatever becomes of this look.
    const safe = found.catch(() => null);
    if (known.size >= mostRuns) known.clear();
    known.set(run.id, { at, found: safe });
    return safe;
  };
  return {
    async tell(run) {
      if (isEnded(run.state) || run.purpose === "preview") return run;
      return { ...run, movedOn: await look(run) };
    },
  };
}
