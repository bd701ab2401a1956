import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Page } from "../frame/page.tsx";
import { Empty } from "../ui/states.tsx";
import { ListStates } from "./list-states.tsx";
import { openQuestionsQuery, type OpenRequest } from "./open-questions.ts";
import { PlanRow } from "./plans-page.tsx";
import { Row, RowList, rowLink } from "./row-list.tsx";
import { RunRow } from "./runs-page.tsx";
import { waitingQuery } from "./waiting.ts";
import { plainText } from "../run/log-text.ts";
import { Badge } from "../ui/badge.tsx";
import { Time } from "../ui/time.tsx";

/** What waits for a person. */
export function InboxPage(): ReactNode {
  const waiting = useQuery(waitingQuery);
  const questions = useQuery(openQuestionsQuery);
  const asked = questions.data ?? [];
  const runs = waiting.data?.runs ?? [];
  const plans = waiting.data?.plans ?? [];
  return (
    <Page title="Inbox">
      <ListStates
        error={waiting.error ?? questions.error}
        loading={waiting.data === undefined}
        empty={runs.length + plans.length + asked.length === 0 && !questions.isPending}
        whenEmpty={
          <Empty title="Nothing waits for you.">
            Plans to approve, runs that stand at a stop and open questions appear here.
          </Empty>
        }
        onRetry={() => {
          void waiting.refetch();
          void questions.refetch();
        }}
      >
        {runs.length === 0 ? null : (
          <Part title="Runs that stand at a stop">
            {runs.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </Part>
        )}
        {plans.length === 0 ? null : (
          <Part title="Plans to decide about">
            {plans.map((plan) => (
              <PlanRow key={plan.id} plan={plan} />
            ))}
          </Part>
        )}
        {waiting.data?.more === true ? (
          <p>
            <Link to="/plans" search={{ state: "proposed" }}>
              All plans that wait
            </Link>
          </p>
        ) : null}
        {asked.length === 0 ? null : (
          <Part title="Open questions">
            {asked.map((request) => (
              <QuestionRow key={request.id} request={request} />
            ))}
          </Part>
        )}
      </ListStates>
    </Page>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{title}</h2>
      <RowList label={title}>{children}</RowList>
    </section>
  );
}

function QuestionRow({ request }: { readonly request: OpenRequest }): ReactNode {
  return (
    <Row>
      <span className="sm:w-32">
        <Badge tone="warn" icon="question">
          {request.open.length === 1 ? "Question" : `${request.open.length} questions`}
        </Badge>
      </span>
      <div className="min-w-0 flex-1">
        {request.conversationId === null ? (
          <span className="font-medium wrap-anywhere">{plainText(request.text)}</span>
        ) : (
          <Link
            to="/chat/$conversationId"
            params={{ conversationId: request.conversationId }}
            data-row
            className={rowLink}
          >
            {plainText(request.text)}
          </Link>
        )}
        <p className="line-clamp-3 text-sm text-muted wrap-anywhere">{plainText(request.open.join(" "))}</p>
        {request.conversationId === null ? (
          <p className="text-sm text-muted">
            Asked on the command line; answer there: <code>chiffon answer {request.id.slice(0, 8)}</code>
          </p>
        ) : null}
      </div>
      <p className="text-sm text-muted">
        <Time at={request.createdAt} />
      </p>
    </Row>
  );
}
