import { queryOptions } from "@tanstack/react-query";
import type { PlanPage, RunPage } from "../../../src/contracts/api.ts";
import type { PlanSummary } from "../../../src/contracts/plan.ts";
import type { RunSummary } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";

export interface Waiting {
  readonly plans: readonly PlanSummary[];
  readonly runs: readonly RunSummary[];
  readonly count: number;
  /** True when there are more than were fetched. */
  readonly more: boolean;
}

const most = 50;

/** What waits for a person: plans to decide about, and runs that stand at a stop. */
export const waitingQuery = queryOptions({
  queryKey: ["inbox", "waiting"],
  queryFn: async ({ signal }): Promise<Waiting> => {
    const [proposed, newest] = await Promise.all([
      api.get<PlanPage>(`/plans?state=proposed&limit=${most}`, { signal }),
      api.get<RunPage>(`/runs?limit=${most}`, { signal }),
    ]);
    return decideWaiting(proposed, newest);
  },
  refetchInterval: 20_000,
});

export function decideWaiting(proposed: PlanPage, newest: RunPage): Waiting {
  const runs = newest.items.filter(({ state }) => state === "paused");
  const plans = proposed.items;
  return { plans, runs, count: plans.length + runs.length, more: proposed.next !== null };
}
