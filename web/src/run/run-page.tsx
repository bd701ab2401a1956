import { useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { Run } from "../../../src/contracts/run.ts";
import { Page } from "../frame/page.tsx";
import { StateBadge } from "../ui/badge.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { CancelRun } from "./cancel-run.tsx";
import { FailurePanel } from "./failure-panels.tsx";
import { HostTables } from "./host-table.tsx";
import { plainText } from "./log-text.ts";
import { NextSteps } from "./next-steps.tsx";
import { PauseRun } from "./pause-run.tsx";
import { RunDiffs } from "./run-diffs.tsx";
import { RollbackRun } from "./rollback-run.tsx";
import { isAtRest, waitingStop } from "./run-facts.ts";
import { RunFacts } from "./run-header.tsx";
import { RunLog } from "./run-log.tsx";
import type { Selection } from "./selection.ts";
import { StepsList } from "./steps-list.tsx";
import { StopPanel } from "./stop-panel.tsx";
import { UnknownPanel } from "./unknown-panel.tsx";
import { useRun } from "./use-run.ts";

/** What can be done about a run that is under way. */
function Decisions({ run }: { readonly run: Run }): ReactNode {
  return (
    <>
      <PauseRun run={run} />
      <CancelRun run={run} />
    </>
  );
}

/** A run, live or as it was. */
export function RunPage(): ReactNode {
  const { runId } = useParams({ from: "/framed/runs/$runId" });
  // Another run is another page: nothing of the one before may stay.
  return <OneRun key={runId} runId={runId} />;
}

function OneRun({ runId }: { readonly runId: string }): ReactNode {
  const { view, query } = useRun(runId);
  const [selection, setSelection] = useState<Selection | null>(null);
  const { run } = view;
  if (run === null)
    return (
      <Page title="Run" wide>
        {query.error === null ? (
          <Loading label="Looking for the run" />
        ) : (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        )}
      </Page>
    );
  const stop = waitingStop(run);
  return (
    <Page
      title={plainText(run.requestText)}
      wide
      aside={
        <span aria-live="polite">
          <StateBadge kind="run" state={run.state} />
        </span>
      }
      actions={isAtRest(run.state) ? <RollbackRun run={run} /> : <Decisions run={run} />}
    >
      <RunFacts run={run} />
      {stop === undefined ? null : <StopPanel key={stop.step} run={run} stop={stop} />}
      <UnknownPanel view={view} />
      <FailurePanel
        view={view}
        onSelect={(wanted) => {
          setSelection(wanted);
          document.getElementById("output")?.scrollIntoView();
        }}
      />
      <NextSteps run={run} />
      <div className="grid gap-4 xl:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <StepsList tasks={run.tasks} />
          <HostTables view={view} selection={selection} onSelect={setSelection} />
        </div>
        <div id="output" className="min-w-0">
          <RunLog view={view} runId={run.id} selection={selection} onClear={() => setSelection(null)} />
        </div>
      </div>
      <RunDiffs view={view} />
    </Page>
  );
}
