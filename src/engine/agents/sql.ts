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

/** @param since null: it gets work again. False when it was so before. */
export async function setDraining(tx: Tx, id: string, since: Date | null): Promise<boolean> {
  const changed = await tx
    .updateTable("agent")
    .set({ draining_since: since })
    .where("id", "=", id)
    .where("draining_since", since === null ? "is not" : "is", null)
    .returning("id")
    .executeTakeFirst();
  return changed !== undefined;
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
    drainingSince: row.draining_since?.toISOString() ?? null,
  };
}

/** Those of them that are known, locked in one order, so that whoever changes many never waits for another crosswise. */
export async function lockAgents(
  tx: Tx,
  ids: readonly string[],
): Promise<Map<string, Pick<AgentRow, "type" | "status" | "revoked_at">>> {
  const rows = await tx
    .selectFrom("agent")
    .select(["id", "type", "status", "revoked_at"])
    .where("id", "=", sql<string>`ANY(${[...ids]}::uuid[])`)
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}

/** @param beats one of each agent */
export async function upsertAgents(tx: Tx, beats: readonly Heartbeat[], at: Date): Promise<void> {
  await sql`
    INSERT INTO agent (id, type, name, status, capabilities, version, metrics, running_tasks, last_seen_at, created_at)
    SELECT agent_id, agent_type, name, 'offline', capabilities, version, metrics, running_tasks, ${at}, ${at}
    FROM jsonb_to_recordset(${JSON.stringify(beats)}::jsonb) AS beat (agent_id uuid, agent_type text, name text,
      capabilities text[], version text, metrics jsonb, running_tasks uuid[])
    ON CONFLICT (id) DO UPDATE SET type = excluded.type, name = excluded.name, capabilities = excluded.capabilities,
      version = excluded.version, metrics = excluded.metrics, running_tasks = excluded.running_tasks,
      last_seen_at = excluded.last_seen_at
  `.execute(tx);
}

export async function setStatus(
  tx: Tx,
  ids: readonly string[],
  change: { status: "online" | "offline"; reason: string | null },
): Promise<void> {
  await tx.updateTable("agent").set(change).where("id", "in", ids).execute();
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
