import { useNavigate, useParams } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import { useEffect, type ReactNode } from "react";
import type { Plan } from "../../../src/contracts/plan.ts";
import { Page } from "../frame/page.tsx";
import { RiskBadge, StateBadge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { DiffTab } from "./diff-tab.tsx";
import { PlanActions } from "./plan-actions.tsx";
import { ChangesTab } from "./plan-diff.tsx";
import { PlanFacts, PlanState, PlanSteps } from "./plan-card.tsx";
import { HostsTab, RiskTab, SourceTab, VariablesTab } from "./plan-tabs.tsx";
import { useApproveKey } from "./use-approve-key.ts";
import { useHash } from "./use-hash.ts";
import { usePlan } from "./use-plan.ts";

const tabs = ["summary", "diff", "changes", "hosts", "variables", "source", "risk"] as const;
type Tab = (typeof tabs)[number];

const tabNames: Readonly<Record<Tab, string>> = {
  summary: "Summary",
  changes: "Changes",
  diff: "Diff",
  hosts: "Hosts",
  variables: "Variables",
  source: "Source",
  risk: "Risk",
};

/** One plan with everything that is known of it. */
export function PlanPage(): ReactNode {
  const { planId = "" } = useParams({ strict: false });
  useApproveKey();
  const { data: plan, error, refetch } = usePlan(planId);
  const navigate = useNavigate();
  // The beginning of an id is enough to come here; the address then names the whole one.
  useEffect(() => {
    if (plan !== undefined && plan.id !== planId)
      void navigate({ to: "/plans/$planId", params: { planId: plan.id }, replace: true });
  }, [plan, planId, navigate]);
  if (plan === undefined) {
    return (
      <Page title="Plan">
        {error === null ? <Loading /> : <Failed error={error} onRetry={() => void refetch()} />}
      </Page>
    );
  }
  return (
    <Page
      title={plan.summary}
      aside={
        <>
          <StateBadge kind="plan" state={plan.state} />
          <RiskBadge tier={plan.risk} />
        </>
      }
    >
      <p className="text-muted wrap-anywhere">
        “{plan.requestText}”{plan.revision > 1 ? ` · revision ${plan.revision}` : ""}
      </p>
      <Card>
        <PlanState plan={plan} />
        <div className="mt-3">
          <PlanActions plan={plan} />
        </div>
      </Card>
      <PlanTabs plan={plan} />
    </Page>
  );
}

function PlanTabs({ plan }: { readonly plan: Plan }): ReactNode {
  const [tab, setTab] = useHash<Tab>(tabs, "summary");
  return (
    <Tabs.Root value={tab} onValueChange={(next) => setTab(tabs.find((each) => each === next) ?? "summary")}>
      <Tabs.List aria-label="Parts of the plan" className="mb-3 flex flex-wrap gap-1 border-b border-line">
        {tabs.map((each) => (
          <Tabs.Trigger
            key={each}
            value={each}
            className="min-h-10 border-b-2 border-transparent px-3 text-muted hover:text-ink
              data-[state=active]:border-accent data-[state=active]:font-semibold data-[state=active]:text-ink"
          >
            {tabNames[each]}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {tabs.map((each) => (
        <Tabs.Content key={each} value={each}>
          <Card>
            <TabContent tab={each} plan={plan} />
          </Card>
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function TabContent({ tab, plan }: { readonly tab: Tab; readonly plan: Plan }): ReactNode {
  switch (tab) {
    case "summary":
      return (
        <>
          <PlanSteps plan={plan} />
          <PlanFacts plan={plan} />
        </>
      );
    case "changes":
      return <ChangesTab plan={plan} />;
    case "diff":
      return <DiffTab plan={plan} />;
    case "hosts":
      return <HostsTab plan={plan} />;
    case "variables":
      return <VariablesTab plan={plan} />;
    case "source":
      return <SourceTab plan={plan} />;
    case "risk":
      return <RiskTab plan={plan} />;
    default:
      return tab satisfies never;
  }
}
