import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import type { Plan } from "../../../src/contracts/plan.ts";
import type { Run, RunState } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { useConnection, useTopic } from "../live/live.ts";

export function planKey(planId: string): readonly string[] {
  return ["plan", planId];
}

export function requestKey(requestId: string): readonly string[] {
  return ["request", requestId];
}

/** The plan row, kept as it is on the server: every tab sees what another one decides. */
export function usePlan(planId: string): UseQueryResult<Plan> {
  const client = useQueryClient();
  const connection = useConnection();
  const query = useQuery({
    queryKey: planKey(planId),
    queryFn: ({ signal }) => api.get<Plan>(`/plans/${planId}`, { signal }),
    refetchInterval: connection === "polling" ? pollEvery : false,
  });
  const requestId = query.data?.requestId;
  useTopic(`plan:${planId}`, {
    onEvent: () => {
      void client.invalidateQueries({ queryKey: planKey(planId) });
      // A revision has a plan of its own, which only the request knows.
      if (requestId !== undefined) void client.invalidateQueries({ queryKey: requestKey(requestId) });
    },
  });
  return query;
}

const ended: readonly RunState[] = ["succeeded", "failed", "cancelled", "unknown"];
/** Without a live connection. */
export const pollEvery = 4_000;
const lookEvery = 3_000;

/** The run of an approved plan, looked at until it has ended. Its live topic carries all output, too much for a card. */
export function useRunOfPlan(runId: string | null): UseQueryResult<Run> {
  return useQuery({
    queryKey: ["run-of-plan", runId],
    queryFn: ({ signal }) => api.get<Run>(`/runs/${runId}`, { signal }),
    enabled: runId !== null,
    refetchInterval: (query) =>
      query.state.data && ended.includes(query.state.data.state) ? false : lookEvery,
  });
}
