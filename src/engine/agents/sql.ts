import { sql, type Selectable } from "kysely";
import type { Heartbeat } from "../../contracts/agent-protocol.ts";
import type { Agent } from "../../contracts/agent.ts";
import type { CoreTables } from "../core-tables.ts";
import type { Database, Tx } from "../schema.ts";

/** Channel on which PostgreSQL tells every server that an agent was revoked; the payload is its id. */
export const revokedChannel = "chf_revoked";

export async function tellRevoked(tx: Tx, id: string): Promise<void> {
  await sql`SELECT pg_notify(${revokedChannel}, ${id})`.execute(tx);
}

type AgentRow = Selectable<CoreTables["agent"]>;

export async function findAgentRow(db: Database, id: string): Promise<AgentRow | undefined> {
  return await db.selectFrom("agent").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function listAgents(db: Database): Promise<Agent[]> {
  const rows = await db.selectFrom("agent").selectAll().orderBy("type").orderBy("name").execute();
  return rows.map(toAgent);
}

export function toAgent(row: AgentRow): Agent {
  return {
    id: row.id,
    type: row.type,
    name: row.name,
    status: row.status,
    reason: row.reason,
    capabilities: row.capabilities,
    version: row.version,
    metrics: row.metrics,
    runningTasks: row.running_tasks,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    joined:
      row.enrolled_at === null
        ? null
        : {
            at: row.enrolled_at.toISOString(),
            address: row.address,
            revokedAt: row.revoked_at?.toISOString() ?? null,
          },
    labels: row.labels,
  };
}

export async function upsertAgent(tx: Tx, beat: Heartbeat, at: Date): Promise<void> {
  const seen = {
    type: beat.agent_type,
    name: beat.name,
    capabilities: beat.capabilities,
    version: beat.version,
    metrics: JSON.stringify(beat.metrics),
    running_tasks: beat.running_tasks,
    last_seen_at: at,
  };
  await tx
    .insertInto("agent")
    .values({ id: beat.agent_id, status: "offline", reason: null, created_at: at, ...seen })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(seen))
    .execute();
}

export async function setStatus(
  tx: Tx,
  id: string,
  change: { status: "online" | "offline"; reason: string | null },
): Promise<void> {
  await tx.updateTable("agent").set(change).where("id", "=", id).execute();
}

/** In one statement: a sign of life that comes at the same moment wins. */
export async function markSilent(tx: Tx, since: Date, reason: string): Promise<{ id: string }[]> {
  return await tx
    .updateTable("agent")
    .set({ status: "offline", reason })
    .where("status", "=", "online")
    .where("last_seen_at", "<", since)
    .returning("id")
    .execute();
}
