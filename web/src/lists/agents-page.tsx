import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Agent } from "../../../src/contracts/agent.ts";
import { api } from "../api/client.ts";
import { Page } from "../frame/page.tsx";
import { useHints } from "../live/live.ts";
import { Badge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { Empty } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { agentKinds, whereIs } from "./agent-words.ts";
import { DeadLetters } from "./dead-letters.tsx";
import { DrainAgent } from "./drain-agent.tsx";
import { listGauges } from "./gauges.ts";
import { InviteAgent } from "./invite-agent.tsx";
import { ListStates } from "./list-states.tsx";
import { Gauge } from "./gauge.tsx";
import { RevokeAgent } from "./revoke-agent.tsx";

const every = 10_000;

export function AgentsPage(): ReactNode {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ["agents"],
    queryFn: ({ signal }) => api.get<Agent[]>("/agents", { signal }),
    refetchInterval: every,
  });
  useHints("agents", () => void queries.invalidateQueries({ queryKey: ["agents"] }));
  return (
    <Page title="Agents" actions={<InviteAgent />}>
      <ListStates
        error={query.error}
        loading={query.data === undefined}
        empty={query.data?.length === 0}
        whenEmpty={
          <Empty title="No agent has reported yet.">
            The server starts one of its own; if none appears, its log says why.
          </Empty>
        }
        onRetry={() => void query.refetch()}
      >
        <ul aria-label="Agents" className="grid gap-4 lg:grid-cols-2">
          {query.data?.map((agent) => (
            <li key={agent.id}>
              <AgentCard agent={agent} />
            </li>
          ))}
        </ul>
      </ListStates>
      <DeadLetters />
    </Page>
  );
}

function AgentCard({ agent }: { readonly agent: Agent }): ReactNode {
  const revoked = agent.joined !== null && agent.joined.revokedAt !== null;
  return (
    <Card title={agent.name} actions={<Status agent={agent} revoked={revoked} />} className="h-full">
      {agent.reason === null ? null : <p className="mb-3 wrap-anywhere">{agent.reason}</p>}
      <AgentFacts agent={agent} />
      {revoked ? null : (
        <div className="mb-4 flex flex-wrap gap-2 empty:hidden">
          {agent.capabilities.length === 0 ? null : <DrainAgent agent={agent} />}
          {agent.joined === null ? null : <RevokeAgent agent={agent} />}
        </div>
      )}
      {agent.metrics === null ? (
        <p className="text-sm text-muted">It has not said yet what its machine has.</p>
      ) : (
        <div className="flex flex-col gap-2">
          {listGauges(agent.metrics).map((gauge) => (
            <Gauge key={gauge.name} {...gauge} />
          ))}
        </div>
      )}
    </Card>
  );
}

function Status({ agent, revoked }: { readonly agent: Agent; readonly revoked: boolean }): ReactNode {
  const online = agent.status === "online";
  const offline = revoked ? "Revoked" : "Offline";
  return (
    <span className="flex gap-1">
      {agent.drainingSince === null || revoked ? null : (
        <Badge tone="warn" icon="pause" title="It gets no new work; what it runs goes on">
          Drained
        </Badge>
      )}
      <Badge tone={online ? "ok" : "bad"} icon={online ? "check" : "plug"}>
        {online ? "Online" : offline}
      </Badge>
    </span>
  );
}

function AgentFacts({ agent }: { readonly agent: Agent }): ReactNode {
  return (
    <dl className="mb-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
      <dt className="text-muted">Last sign of life</dt>
      <dd>{agent.lastSeenAt === null ? "never" : <Time at={agent.lastSeenAt} />}</dd>
      <dt className="text-muted">Kind</dt>
      <dd>{agentKinds.get(agent.type) ?? agent.type}</dd>
      <dt className="text-muted">Where</dt>
      <dd className="wrap-anywhere">{whereIs(agent)}</dd>
      {agent.labels.length === 0 ? null : (
        <>
          <dt className="text-muted">Labels</dt>
          <dd className="wrap-anywhere">{agent.labels.join(", ")}</dd>
        </>
      )}
      <dt className="text-muted">Can</dt>
      <dd className="wrap-anywhere">{agent.capabilities.join(", ") || "nothing but report"}</dd>
      <dt className="text-muted">Version</dt>
      <dd>{agent.version}</dd>
      {agent.metrics === null ? null : (
        <>
          <dt className="text-muted">System</dt>
          <dd>{agent.metrics.os}</dd>
        </>
      )}
      <dt className="text-muted">Runs now</dt>
      <dd>
        <RunningTasks ids={agent.runningTasks} />
      </dd>
    </dl>
  );
}

/** A task's run is what a person wants to see; the task knows it. */
function RunningTasks({ ids }: { readonly ids: readonly string[] }): ReactNode {
  const tasks = useQuery({
    queryKey: ["tasks", ...ids],
    queryFn: ({ signal }) =>
      Promise.all(
        ids.map(async (id) => {
          const task = await api.get<{ id: string; name: string; runId: string }>(`/tasks/${id}`, { signal });
          return { id: task.id, name: task.name, runId: task.runId };
        }),
      ),
    enabled: ids.length > 0,
  });
  if (ids.length === 0) return "nothing";
  if (tasks.data === undefined) return `${ids.length} ${ids.length === 1 ? "task" : "tasks"}`;
  return tasks.data.map(({ id, name, runId }, index) => (
    <span key={id}>
      {index > 0 ? ", " : ""}
      <Link to="/runs/$runId" params={{ runId }}>
        {name}
      </Link>
    </span>
  ));
}
