import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PlanPage } from "../../../src/contracts/api.ts";
import type { PlanSummary } from "../../../src/contracts/plan.ts";
import { Page } from "../frame/page.tsx";
import { plainText } from "../run/log-text.ts";
import { RiskBadge, StateBadge } from "../ui/badge.tsx";
import { Field, Select } from "../ui/field.tsx";
import { Empty } from "../ui/states.tsx";
import { lookOf } from "../ui/states-of-things.ts";
import { Time } from "../ui/time.tsx";
import { ListStates } from "./list-states.tsx";
import { planStates } from "./plan-states.ts";
import { Row, RowList, rowLink } from "./row-list.tsx";
import { toQuery, usePages } from "./use-pages.ts";

const later = 30_000;

export function PlansPage(): ReactNode {
  const { state: asked } = useSearch({ from: "/framed/plans" });
  // The router hands out the address as it was written.
  const state = planStates.find((each) => each === asked);
  const navigate = useNavigate();
  const { query, items } = usePages<PlanSummary, PlanPage>({
    queryKey: ["plans", "list", state ?? "all"],
    path: `/plans${toQuery({ limit: 50, state })}`,
    refetchEvery: () => later,
  });
  const choose = (value: string): void => {
    const chosen = planStates.find((each) => each === value);
    void navigate({ to: "/plans", search: chosen === undefined ? {} : { state: chosen } });
  };
  return (
    <Page
      title="Plans"
      actions={
        <Field label="State" hideLabel>
          {(ids) => (
            <Select {...ids} value={state ?? ""} onChange={(event) => choose(event.target.value)}>
              <option value="">All states</option>
              {planStates.map((each) => (
                <option key={each} value={each}>
                  {lookOf("plan", each).text}
                </option>
              ))}
            </Select>
          )}
        </Field>
      }
    >
      <ListStates
        error={query.error}
        loading={items === undefined}
        empty={items?.length === 0}
        whenEmpty={<NoPlans filtered={state !== undefined} />}
        onRetry={() => void query.refetch()}
      >
        <RowList
          label="Plans, newest first"
          hasMore={query.hasNextPage}
          loadingMore={query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
        >
          {items?.map((plan) => (
            <PlanRow key={plan.id} plan={plan} />
          ))}
        </RowList>
      </ListStates>
    </Page>
  );
}

function NoPlans({ filtered }: { readonly filtered: boolean }): ReactNode {
  if (filtered) {
    return (
      <Empty title="No plan is in this state.">
        <Link to="/plans">Show all plans</Link>
      </Empty>
    );
  }
  return (
    <Empty title="There are no plans yet.">
      Write in the <Link to="/">chat</Link> what should happen; Chiffon makes a plan of it, and nothing runs
      before you approve it.
    </Empty>
  );
}

export function PlanRow({ plan }: { readonly plan: PlanSummary }): ReactNode {
  return (
    <Row>
      <span className="sm:w-44">
        <StateBadge kind="plan" state={plan.state} />
      </span>
      <div className="min-w-0 flex-1">
        <Link to="/plans/$planId" params={{ planId: plan.id }} data-row className={rowLink}>
          {plainText(plan.requestText)}
        </Link>
        <p className="line-clamp-2 text-sm text-muted wrap-anywhere">
          {plainText(plan.reason ?? plan.summary)}
        </p>
      </div>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        <RiskBadge tier={plan.risk} />
        {plan.revision > 1 ? <span>revision {plan.revision}</span> : null}
        <span className="font-mono">{plan.id.slice(0, 8)}</span>
        <Time at={plan.createdAt} />
      </p>
    </Row>
  );
}
