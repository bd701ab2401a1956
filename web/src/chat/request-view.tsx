import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Request } from "../../../src/contracts/request.ts";
import { api } from "../api/client.ts";
import { useConnection } from "../live/live.ts";
import { PlanCard } from "../plan/plan-card.tsx";
import { pollEvery, requestKey } from "../plan/use-plan.ts";
import { Icon } from "../ui/icon.tsx";
import { Failed } from "../ui/states.tsx";
import { PhaseList } from "./phase-list.tsx";
import { phasesOf, type LivePhase } from "./phases.ts";
import { AnsweredQuestions, QuestionsForm } from "./questions-form.tsx";

interface RequestViewProps {
  readonly requestId: string;
  readonly phase: LivePhase | undefined;
  readonly onSay?: ((text: string) => Promise<void>) | undefined;
}

const unfinishedEvery = 2_000;

/** What became of a request: how far Chiffon is, what it asks, why it could not, or the plan. */
export function RequestView({ requestId, phase, onSay }: RequestViewProps): ReactNode {
  const connection = useConnection();
  const { data, error, refetch } = useQuery({
    queryKey: requestKey(requestId),
    queryFn: ({ signal }) => api.get<Request>(`/requests/${requestId}`, { signal }),
    // One that is being read changes even when the stream is silent about it.
    refetchInterval: (query) =>
      query.state.data?.status === "parsing" ? unfinishedEvery : connection === "polling" ? pollEvery : false,
  });
  if (data === undefined && error !== null) return <Failed error={error} onRetry={() => void refetch()} />;
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <PhaseList phases={phasesOf(data, phase)} />
      {data === undefined ? null : (
        <>
          <AnsweredQuestions request={data} />
          {data.status === "needs_clarification" ? <QuestionsForm request={data} /> : null}
          {data.problem === null ? null : <RequestProblem problem={data.problem} />}
          {data.planId === null ? null : <PlanCard key={data.planId} planId={data.planId} onSay={onSay} />}
        </>
      )}
    </div>
  );
}

function RequestProblem({ problem }: { readonly problem: NonNullable<Request["problem"]> }): ReactNode {
  return (
    <div className="rounded-lg border border-bad bg-bad-soft px-4 py-3">
      <p className="flex items-start gap-2 font-medium text-bad">
        <Icon name="warning" className="mt-1" />
        <span className="min-w-0 wrap-anywhere">{problem.message}</span>
      </p>
      <p className="mt-1 wrap-anywhere">{problem.hint}</p>
    </div>
  );
}
