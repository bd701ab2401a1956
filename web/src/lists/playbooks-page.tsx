import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useState, type ReactNode } from "react";
import { toast } from "sonner";
import type { PlaybookPage } from "../../../src/contracts/api.ts";
import type { UnitSummary } from "../../../src/contracts/catalogue.ts";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { Page } from "../frame/page.tsx";
import { plainText } from "../run/log-text.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty } from "../ui/states.tsx";
import { LearnedNames } from "./learned-names.tsx";
import { ListStates } from "./list-states.tsx";
import { parseWord } from "./record-filter.ts";
import { Row, RowList, rowLink } from "./row-list.tsx";
import { UnitDialog } from "./unit-dialog.tsx";
import { toQuery, usePages } from "./use-pages.ts";

export function PlaybooksPage(): ReactNode {
  // The router hands out the address as it was written, where a word can also be a number.
  const q = parseWord(useSearch({ from: "/framed/playbooks" }).q);
  const [shown, setShown] = useState<string | undefined>();
  const { query, pages, items } = usePages<UnitSummary, PlaybookPage>({
    queryKey: ["playbooks", "list", q ?? ""],
    path: `/playbooks${toQuery({ limit: 50, q })}`,
  });
  const first = pages?.[0];
  return (
    <Page title="Playbooks" actions={<Refresh />}>
      <SearchField key={q ?? ""} text={q ?? ""} />
      <Findings findings={first?.findings ?? []} />
      <ListStates
        error={query.error}
        loading={items === undefined}
        empty={items?.length === 0}
        whenEmpty={<NoPlaybooks filtered={q !== undefined} />}
        onRetry={() => void query.refetch()}
      >
        <p role="status" className="text-sm text-muted">
          {first === undefined ? "" : `${first.total} ${first.total === 1 ? "entry" : "entries"}`}
        </p>
        <RowList
          label="Playbooks"
          hasMore={query.hasNextPage}
          loadingMore={query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
        >
          {items?.map((unit) => (
            <UnitRow key={unit.id} unit={unit} onOpen={() => setShown(unit.id)} />
          ))}
        </RowList>
      </ListStates>
      <LearnedNames />
      <UnitDialog id={shown} onClose={() => setShown(undefined)} />
    </Page>
  );
}

function NoPlaybooks({ filtered }: { readonly filtered: boolean }): ReactNode {
  if (filtered) {
    return (
      <Empty title="Nothing fits these words.">
        <Link to="/playbooks">Show everything</Link>
      </Empty>
    );
  }
  return (
    <Empty title="No playbook was found.">
      <Link to="/first-run">Say where your playbooks are</Link>
    </Empty>
  );
}

const kindWords: Record<UnitSummary["kind"], string> = {
  playbook: "Playbook",
  role: "Role",
  tasks: "Task file",
  operation: "Operation",
};

function UnitRow({ unit, onOpen }: { readonly unit: UnitSummary; readonly onOpen: () => void }): ReactNode {
  return (
    <Row>
      <div className="min-w-0 flex-1">
        <button type="button" data-row onClick={onOpen} className={`text-left ${rowLink}`}>
          {plainText(unit.name)}
        </button>
        <p className="line-clamp-2 text-sm text-muted wrap-anywhere">
          {plainText(unit.description) || "no description"}
        </p>
      </div>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        {unit.minor ? <Badge title="For tests or the like, or never run by itself">Minor</Badge> : null}
        <Badge icon={unit.kind === "operation" ? "play" : "book"}>{kindWords[unit.kind]}</Badge>
        <span className="font-mono text-xs wrap-anywhere">
          {unit.kind === "operation" ? "built in" : plainText(`${unit.repository} · ${unit.path}`)}
        </span>
      </p>
    </Row>
  );
}

const pause = 250;

/** The address holds what was searched for; it follows the typing after a short pause. */
function SearchField({ text }: { readonly text: string }): ReactNode {
  const navigate = useNavigate();
  const [typed, setTyped] = useState(text);
  const go = useEffectEvent((value: string) => {
    const q = value.trim();
    if (q !== text) void navigate({ to: "/playbooks", search: q === "" ? {} : { q }, replace: true });
  });
  useEffect(() => {
    const timer = setTimeout(() => go(typed), pause);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <Field label="Search" hideLabel>
      {(ids) => (
        <Input
          {...ids}
          type="search"
          data-search
          autoFocus={text !== ""}
          placeholder="Name, service or what it does ( / )"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
    </Field>
  );
}

function Refresh(): ReactNode {
  const queries = useQueryClient();
  const may = useMay("propose");
  const refresh = useMutation({
    mutationFn: () => api.post("/playbooks/refresh"),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["playbooks"] });
      toast.success("The repositories were read again.");
    },
    onError: (error) => toast.error(describeFailure(error).message),
  });
  if (!may) return null;
  return (
    <Button busy={refresh.isPending} onClick={() => refresh.mutate()}>
      {refresh.isPending ? null : <Icon name="refresh" />}
      Read again
    </Button>
  );
}

function Findings({ findings }: { readonly findings: PlaybookPage["findings"] }): ReactNode {
  if (findings.length === 0) return null;
  return (
    <details className="rounded-lg border border-line bg-surface px-4 py-3">
      <summary className="cursor-pointer">
        <Icon name="warning" className="mr-2 text-warn" />
        {findings.length === 1 ? "One thing" : `${findings.length} things`} could not be read
      </summary>
      <ul className="mt-3 flex flex-col gap-2 text-sm">
        {findings.map(({ repository, path, line, message }) => (
          <li key={`${repository}:${path}:${line}:${message}`} className="wrap-anywhere">
            <span className="font-mono">
              {plainText(`${repository} · ${path}`)}
              {line === null ? "" : `:${line}`}
            </span>
            <br />
            {plainText(message)}
          </li>
        ))}
      </ul>
    </details>
  );
}
