import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Plan } from "../../../src/contracts/plan.ts";
import { RiskBadge, StateBadge } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { formatDuration, Time } from "../ui/time.tsx";
import { PlanActions } from "./plan-actions.tsx";
import { ChangedSince } from "./plan-diff.tsx";
import { expectedOfPlan, ownReasons, riskWords, shortHash, stateSentence } from "./plan-words.ts";
import { PreviewFacts } from "./preview-facts.tsx";
import { Fact, StepView } from "./step-view.tsx";
import { usePlan } from "./use-plan.ts";

interface PlanCardProps {
  readonly planId: string;
  readonly onSay?: ((text: string) => Promise<void>) | undefined;
}

/** A plan inside a conversation: a view of the plan row, the same after every reload and in every tab. */
export function PlanCard({ planId, onSay }: PlanCardProps): ReactNode {
  const { data: plan, error, refetch } = usePlan(planId);
  if (plan === undefined) {
    return error === null ? (
      <Loading label="Loading the plan" />
    ) : (
      <Failed error={error} onRetry={() => void refetch()} />
    );
  }
  return (
    <article aria-label={`Plan: ${plan.summary}`} className="rounded-lg border border-line bg-surface p-4">
      <header className="mb-2 flex flex-col gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <StateBadge kind="plan" state={plan.state} />
          <RiskBadge tier={plan.risk} />
          {plan.revision > 1 ? <span className="text-sm text-muted">revision {plan.revision}</span> : null}
          <Link to="/plans/$planId" params={{ planId: plan.id }} className="ml-auto text-sm">
            Whole plan
          </Link>
        </div>
        <h2 className="text-base font-semibold wrap-anywhere">{plan.summary}</h2>
      </header>
      <PlanState plan={plan} />
      <ChangedSince plan={plan} />
      <PlanSteps plan={plan} />
      <PlanFacts plan={plan} />
      <div className="mt-4">
        <PlanActions plan={plan} onSay={onSay} />
      </div>
    </article>
  );
}

/** The state in words, with what changed where something did. */
export function PlanState({ plan }: { readonly plan: Plan }): ReactNode {
  const stale = plan.state === "stale" || plan.state === "expired";
  return (
    <div
      aria-live="polite"
      className={stale ? "my-2 rounded-md bg-warn-soft px-3 py-2 text-warn" : "text-muted"}
    >
      <p>
        {stale ? <Icon name="warning" className="mr-1" /> : null}
        {stateSentence(plan)}
      </p>
      {plan.reason === null ? null : <p className="wrap-anywhere">{plan.reason}</p>}
      {plan.approval?.comment == null || plan.approval.comment === plan.reason ? null : (
        <p className="wrap-anywhere">“{plan.approval.comment}”</p>
      )}
    </div>
  );
}

export function PlanSteps({ plan }: { readonly plan: Plan }): ReactNode {
  return (
    <ol className="mt-2">
      {plan.steps.map((step) => (
        <StepView key={step.index} step={step} steps={plan.steps} />
      ))}
    </ol>
  );
}

/** Which run it tries again, and for whom one click is enough. */
function RetryFact({ plan: { retryOf } }: { readonly plan: Plan }): ReactNode {
  if (retryOf === undefined) return null;
  return (
    <Fact name="Retries">
      <Link to="/runs/$runId" params={{ runId: retryOf.runId }}>
        run {retryOf.runId.slice(0, 8)}
      </Link>
      {retryOf.click === null ? null : (
        <>
          , a part of what {retryOf.click.by} approved: one click of theirs until{" "}
          <Time at={retryOf.click.until} />
        </>
      )}
    </Fact>
  );
}

/** What holds for the plan as a whole. */
export function PlanFacts({ plan }: { readonly plan: Plan }): ReactNode {
  return (
    <dl className="flex flex-col gap-1 border-t border-line pt-3">
      {plan.notes.length === 0 ? null : (
        <Fact name="Note">
          {plan.notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Fact>
      )}
      <PreviewFacts plan={plan} />
      {plan.steps.length === 1 ? null : <Fact name="Expected">{expectedOfPlan(plan, formatDuration)}</Fact>}
      <RetryFact plan={plan} />
      <Fact name="Risk">
        {plan.risk}: {riskWords[plan.risk]}
        <Reasons reasons={ownReasons(plan)} />
      </Fact>
      <Fact name="Hash">
        <code className="font-mono text-sm" title={plan.hash}>
          {shortHash(plan.hash)}
        </code>
      </Fact>
      <Fact name="Made">
        <Time at={plan.createdAt} /> for {plan.createdBy}
      </Fact>
    </dl>
  );
}

function Reasons({ reasons }: { readonly reasons: readonly string[] }): ReactNode {
  if (reasons.length === 0) return null;
  return (
    <ul className="list-disc pl-5">
      {reasons.map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}
