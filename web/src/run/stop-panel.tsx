import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import type { Run, RunState, RunStop } from "../../../src/contracts/run.ts";
import { useMay } from "../api/use-may.ts";
import { StateBadge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { CancelRun } from "./cancel-run.tsx";
import { ContinueDialog } from "./continue-dialog.tsx";
import { plainText } from "./log-text.ts";
import { RunDiffs } from "./run-diffs.tsx";
import { forecastOf, isAtRest, type HostForecast } from "./run-facts.ts";
import { runKey, useRun } from "./use-run.ts";

interface StopPanelProps {
  readonly run: Run;
  readonly stop: RunStop;
}

/** The run waits before a step: what the step would change, and the decision. */
export function StopPanel({ run, stop }: StopPanelProps): ReactNode {
  const task = run.tasks.find((each) => each.step === stop.step);
  const name = task === undefined ? "" : `, ${plainText(task.name)}`;
  return (
    <section aria-labelledby="stopped-before" className="rounded-lg border border-warn bg-surface p-4">
      <h2 id="stopped-before" className="mb-2 flex items-center gap-2 text-base font-semibold text-warn">
        <Icon name="pause" />
        Stopped before step {stop.step + 1}
        {name}
      </h2>
      {stop.previewRunId === null ? (
        <p>The preview of this step is on its way.</p>
      ) : (
        <Preview run={run} stop={stop} previewId={stop.previewRunId} />
      )}
    </section>
  );
}

function Preview({ run, stop, previewId }: StopPanelProps & { readonly previewId: string }): ReactNode {
  const [open, setOpen] = useState(false);
  const { view, query } = useRun(previewId);
  const preview = view.run;
  const ended = preview !== null && isAtRest(preview.state);
  const client = useQueryClient();
  const mayApprove = useMay("approve");
  useEffect(() => {
    // What the approval is bound to is final only when the preview has ended.
    if (ended) void client.invalidateQueries({ queryKey: runKey(run.id) });
  }, [ended, client, run.id]);
  if (query.error !== null) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (preview === null) return <Loading label="Looking for the preview" />;
  return (
    <div className="flex flex-col gap-3">
      <p className="flex flex-wrap items-center gap-2">
        <StateBadge kind="run" state={preview.state} />
        <Link to="/runs/$runId" params={{ runId: preview.id }}>
          The preview as a run of its own
        </Link>
        {preview.reason === null ? null : <span className="wrap-anywhere">{plainText(preview.reason)}</span>}
      </p>
      <ul aria-label="What the step would do per host">
        {forecastOf(view).map((forecast) => (
          <li key={forecast.host} className="flex flex-wrap gap-x-2 wrap-anywhere">
            <Forecast forecast={forecast} />
          </li>
        ))}
      </ul>
      <RunDiffs view={view} title="What it would change" />
      <p>{decisionOf(preview.state, mayApprove)}</p>
      <div className="flex flex-wrap gap-2">
        {mayApprove ? (
          <Button variant="primary" disabled={!ended} onClick={() => setOpen(true)}>
            Approve step {stop.step + 1}
          </Button>
        ) : null}
        <CancelRun run={run} label="Cancel instead" />
      </div>
      <ContinueDialog run={run} step={stop.step} open={open} onOpenChange={setOpen} />
    </div>
  );
}

function decisionOf(preview: RunState, mayApprove: boolean): string {
  if (!isAtRest(preview)) return "You can decide when the preview has ended.";
  const who = mayApprove ? "" : " You may not approve steps: ask somebody who may.";
  if (preview === "succeeded") return `The step runs only when somebody approves it.${who}`;
  return `The preview did not come to its end: what the step would do is known only in part. It runs only when somebody approves it all the same.${who}`;
}

const looks: Readonly<Record<HostForecast["kind"], { icon: IconName; look: string }>> = {
  change: { icon: "pencil", look: "text-warn" },
  same: { icon: "check", look: "text-ok" },
  failed: { icon: "warning", look: "text-bad" },
};

function Forecast({ forecast: { host, kind, changes } }: { readonly forecast: HostForecast }): ReactNode {
  const { icon, look } = looks[kind];
  return (
    <>
      <span className={`inline-flex items-center gap-1 ${look}`}>
        <Icon name={icon} />
        {host}
      </span>
      <span>
        {wordsOf(
          kind,
          changes.map((each) => each.name),
        )}
      </span>
    </>
  );
}

function wordsOf(kind: HostForecast["kind"], names: readonly string[]): string {
  const list = names.slice(0, 5).join(", ") + (names.length > 5 ? ` and ${names.length - 5} more` : "");
  switch (kind) {
    case "change":
      return `would change: ${list}`;
    case "same":
      return "no change";
    case "failed":
      return "the preview failed here; what would happen is not known";
    default:
      return kind satisfies never;
  }
}
