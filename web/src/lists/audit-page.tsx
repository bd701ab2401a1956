import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AuditPage as RecordPage, AuditRecord } from "../../../src/contracts/audit.ts";
import { Page } from "../frame/page.tsx";
import { Empty } from "../ui/states.tsx";
import { ListStates } from "./list-states.tsx";
import { RecordFilters } from "./record-filters.tsx";
import { parseRecordFilter, type RecordFilter } from "./record-filter.ts";
import { RecordRow } from "./record-row.tsx";
import { RowList } from "./row-list.tsx";
import { toQuery, usePages } from "./use-pages.ts";
import { Verification } from "./verification.tsx";

/** The record: what happened, who did it, and the proof that nothing of it was changed. */
export function AuditPage(): ReactNode {
  // The router hands out the rest of the address too, as it was written.
  const filter = parseRecordFilter(useSearch({ from: "/framed/record" }));
  const navigate = useNavigate();
  const change = (edit: (before: RecordFilter) => RecordFilter): void =>
    void navigate({
      to: "/record",
      search: (before: Readonly<Record<string, unknown>>) => edit(parseRecordFilter(before)),
      replace: true,
    });
  const filtered = Object.keys(filter).length > 0;
  const { query, items } = usePages<AuditRecord, RecordPage>({
    queryKey: ["audit", filter],
    path: `/audit/query${toQuery({ ...filter, limit: 100 })}`,
  });
  return (
    <Page title="Record">
      <Verification />
      <RecordFilters filter={filter} onChange={change} />
      <ListStates
        error={query.error}
        loading={items === undefined}
        empty={items?.length === 0}
        whenEmpty={
          filtered ? (
            <Empty title="No record fits.">
              <Link to="/record">Show all records</Link>
            </Empty>
          ) : (
            <Empty title="Nothing was recorded yet." />
          )
        }
        onRetry={() => void query.refetch()}
      >
        <RowList
          label="Records, newest first"
          hasMore={query.hasNextPage}
          loadingMore={query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
        >
          {items?.map((record) => (
            <RecordRow key={record.id} record={record} />
          ))}
        </RowList>
      </ListStates>
    </Page>
  );
}
