import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Plan } from "../../../src/contracts/plan.ts";
import type { Run, RunState } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { formatDuration, Time } from "../ui/time.tsx";
import { plainText } from "./log-text.ts";
import { elapsedOf, estimateRemaining, isAtRest, isOver, type Remaining } from "./run-facts.ts";
import { useNow } from "./use-now.ts";

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className="flex gap-1.5">
      <dt className="text-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How the run stands: why, since when, how long it may take. */
export function RunFacts({ run }: { readonly run: Run }): ReactNode {
  const plan = useQuery({
    queryKey: ["plan", run.planId],
    queryFn: ({ signal }) => api.get<Plan>(`/plans/${run.planId}`, { signal }),
    staleTime: 60_000,
  });
  const now = useNow(!isAtRest(run.state));
  const elapsed = elapsedOf(run, now);
  return (
    <div className="flex flex-col gap-1">
      {run.purpose === "preview" ? (
        <p>This is a preview in check mode: it shows what a step would change and changes nothing.</p>
      ) : null}
      {run.reason === null ? null : <p className="wrap-anywhere">{plainText(run.reason)}</p>}
      {run.movedOn === null || run.movedOn === undefined ? null : (
        <p className="wrap-anywhere">
          The source has moved on since the approval: {plainText(run.movedOn)}. The run uses what was
          approved.
        </p>
      )}
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
        {elapsed === null ? null : <Fact name={nameOfTime(run.state)}>{formatDuration(elapsed)}</Fact>}
        {run.state !== "running" ? null : (
          <Fact name="Left">{wordsOf(estimateRemaining(run.tasks, plan.data?.steps ?? [], now))}</Fact>
        )}
        <Fact name="Asked">
          <Time at={run.createdAt} />
        </Fact>
        <Fact name="Plan">
          <Link to="/plans/$planId" params={{ planId: run.planId }}>
            {run.planHash.slice(0, 12)}
          </Link>
        </Fact>
      </dl>
    </div>
  );
}

function nameOfTime(state: RunState): string {
  if (state === "unknown") return "Known to have run for";
  if (state === "paused") return "Under way for";
  return isOver(state) ? "Took" : "Running for";
}

function wordsOf(remaining: Remaining): string {
  switch (remaining.kind) {
    case "unknown":
      return "not known (no history)";
    case "late":
      return "longer than half of its earlier runs";
    case "about":
      return `about ${formatDuration(remaining.ms)}, by the median of its earlier runs`;
    default:
      return remaining satisfies never;
  }
}
