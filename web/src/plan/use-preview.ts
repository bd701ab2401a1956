import { useMutation, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { toast } from "sonner";
import type { Plan } from "../../../src/contracts/plan.ts";
import type { PlanPreview } from "../../../src/contracts/preview.ts";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { planKey } from "./use-plan.ts";

const lookEvery = 2_000;

/** Below the key of its plan: whatever tells that the plan has changed also asks for this again. */
function previewKey(planId: string): readonly string[] {
  return [...planKey(planId), "preview"];
}

/** What the steps of a plan would change. Decided plans keep what was seen before. */
export function usePreview(plan: Pick<Plan, "id">): UseQueryResult<PlanPreview> {
  return useQuery({
    queryKey: previewKey(plan.id),
    queryFn: ({ signal }) => api.get<PlanPreview>(`/plans/${plan.id}/preview`, { signal }),
    refetchInterval: (query) =>
      query.state.data?.steps.some((step) => step.state === "running") === true ? lookEvery : false,
  });
}

/** Begins to look, or stops looking. */
export function usePreviewActions(plan: Pick<Plan, "id">): {
  readonly start: (steps?: readonly number[]) => void;
  readonly cancel: () => void;
  readonly isBusy: boolean;
} {
  const client = useQueryClient();
  const options = {
    onSuccess: (found: PlanPreview) => client.setQueryData(previewKey(plan.id), found),
    onError: (error: unknown) => toast.error(describeFailure(error).message),
  };
  const start = useMutation({
    mutationFn: (steps: readonly number[] | undefined) =>
      api.post<PlanPreview>(`/plans/${plan.id}/preview`, steps === undefined ? {} : { steps }),
    ...options,
  });
  const cancel = useMutation({
    mutationFn: () => api.post<PlanPreview>(`/plans/${plan.id}/preview/cancel`),
    ...options,
  });
  return {
    start: (steps) => start.mutate(steps),
    cancel: () => cancel.mutate(),
    isBusy: start.isPending || cancel.isPending,
  };
}
