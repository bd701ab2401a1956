import { Link } from "@tanstack/react-router";
import type { ReactNode, Ref } from "react";
import type { Plan } from "../../../src/contracts/plan.ts";
import { Badge, StateBadge } from "../ui/badge.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Time } from "../ui/time.tsx";
import { useRunOfPlan } from "./use-plan.ts";

interface RunLineProps {
  readonly plan: Plan;
  readonly linkRef: Ref<HTMLAnchorElement>;
}

/** How the run of an approved plan goes, and whether it waits for a second approval. */
export function RunLine({ plan, linkRef }: RunLineProps): ReactNode {
  const run = useRunOfPlan(plan.runId).data;
  if (plan.runId === null) return null;
  // A server without stops leaves them out.
  const waiting = run?.stops?.find((stop) => stop.state === "waiting");
  const stepName = plan.steps.find((step) => step.index === waiting?.step)?.unit.name;
  return (
    <div className="flex flex-col gap-2" aria-live="polite">
      <div className="flex flex-wrap items-center gap-2">
        {run === undefined ? null : <StateBadge kind="run" state={run.state} />}
        {run?.reason == null ? null : <span className="min-w-0 text-sm break-words">{run.reason}</span>}
        <Link
          ref={linkRef}
          to="/runs/$runId"
          params={{ runId: plan.runId }}
          className={buttonClass("primary", "small")}
        >
          {waiting === undefined ? "Open run" : "Look at the preview"}
        </Link>
      </div>
      {run?.startedAt !== null || run.state !== "queued" || plan.approval?.expiresAt === undefined ? null : (
        <p className="text-sm text-muted">
          The approval ends <Time at={plan.approval.expiresAt} /> unless the run has begun by then.
        </p>
      )}
      {waiting === undefined ? null : (
        <p>
          <Badge tone="warn" icon="pause">
            waits for you
          </Badge>{" "}
          The run stopped before step {waiting.step + 1}
          {stepName === undefined ? "" : ` (${stepName})`}. It goes on only when somebody has seen what the
          step would change and approves it.
        </p>
      )}
    </div>
  );
}
