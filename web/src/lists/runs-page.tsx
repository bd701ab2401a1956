import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunPage } from "../../../src/contracts/api.ts";
import type { RunState, RunSummary } from "../../../src/contracts/run.ts";
import { Page } from "../frame/page.tsx";
import { plainText } from "../run/log-text.ts";
import { Badge, StateBadge } from "../ui/badge.tsx";
import { Empty } from "../ui/states.tsx";
import { formatDuration, Time } from "../ui/time.tsx";
import { ListStates } from "./list-states.tsx";
import { Row, RowList, rowLink } from "./row-list.tsx";
import { usePages } from "./use-pages.ts";

const ended: ReadonlySet<RunState> = new Set(["succeeded", "failed", "cancelled", "unknown"]);
const soon = 3_000;
const later = 20_000;

/** A run's own topic tells its page; the list looks again, often while something runs. */
function refetchEvery(pages: readonly RunPage[]): number {
  return pages.some(({ items }) => items.some(({ state }) => !ended.has(state))) ? soon : later;
}

export function RunsPage(): ReactNode {
  const { query, items } = usePages<RunSummary, RunPage>({
    queryKey: ["runs", "list"],
    path: "/runs?limit=50",
    refetchEvery,
  });
  return (
    <Page title="Runs">
      <ListStates
        error={query.error}
        loading={items === undefined}
        empty={items?.length === 0}
        whenEmpty={
          <Empty title="Nothing has run yet.">
            Ask for something in the <Link to="/">chat</Link>, look at the plan and approve it: the run
            appears here.
          </Empty>
        }
        onRetry={() => void query.refetch()}
      >
        <RowList
          label="Runs, newest first"
          hasMore={query.hasNextPage}
          loadingMore={query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
        >
          {items?.map((run) => (
            <RunRow key={run.id} run={run} />
          ))}
        </RowList>
      </ListStates>
    </Page>
  );
}

export function RunRow({ run }: { readonly run: RunSummary }): ReactNode {
  const duration = durationOf(run);
  return (
    <Row>
      <span className="sm:w-32">
        <StateBadge kind="run" state={run.state} />
      </span>
      <div className="min-w-0 flex-1">
        <Link to="/runs/$runId" params={{ runId: run.id }} data-row className={rowLink}>
          {plainText(run.requestText)}
        </Link>
        {run.reason === null ? null : (
          <p className="line-clamp-2 text-sm text-muted wrap-anywhere">{plainText(run.reason)}</p>
        )}
      </div>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        {run.purpose === "preview" ? <Badge icon="search">Preview</Badge> : null}
        <span className="font-mono">{run.id.slice(0, 8)}</span>
        {duration === undefined ? null : <span>{formatDuration(duration)}</span>}
        <Time at={run.createdAt} />
      </p>
    </Row>
  );
}

function durationOf({ startedAt, endedAt }: RunSummary): number | undefined {
  if (startedAt === null || endedAt === null) return undefined;
  return Date.parse(endedAt) - Date.parse(startedAt);
}
