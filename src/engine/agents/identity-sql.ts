import { sql, type Selectable } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { CoreTables } from "../core-tables.ts";
import type { Database, Tx } from "../schema.ts";

export type InviteRow = Selectable<CoreTables["agent_invite"]>;

export interface AgentIdentity {
  readonly id: string;
  readonly type: string;
  /** Ed25519 and X25519, raw, base64. */
  readonly signingKey: string;
  readonly sealingKey: string;
  readonly instance: string | null;
  readonly revokedAt: Date | null;
}

/** An agent that has joined; undefined for one inside a server's own process. */
export async function findIdentity(db: Database, id: string): Promise<AgentIdentity | undefined> {
  const row = await db
    .selectFrom("agent")
    .select(["id", "type", "signing_key", "sealing_key", "instance", "revoked_at"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (row?.signing_key == null || row.sealing_key === null) return undefined;
  return {
    id: row.id,
    type: row.type,
    signingKey: row.signing_key,
    sealingKey: row.sealing_key,
    instance: row.instance,
    revokedAt: row.revoked_at,
  };
}

export async function insertInvite(
  tx: Tx,
  invite: Omit<InviteRow, "created_by" | "used_by"> & { created_by: Actor },
): Promise<void> {
  await tx
    .insertInto("agent_invite")
    .values({ ...invite, created_by: JSON.stringify(invite.created_by) })
    .execute();
}

export async function lockInvite(tx: Tx, hint: string): Promise<InviteRow | undefined> {
  return await tx
    .selectFrom("agent_invite")
    .selectAll()
    .where("hint", "=", hint)
    .forUpdate()
    .executeTakeFirst();
}

export async function useUpTry(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable("agent_invite")
    .set((each) => ({ tries_left: each("tries_left", "-", 1) }))
    .where("id", "=", id)
    .execute();
}

export async function setInviteUsed(tx: Tx, id: string, agentId: string): Promise<void> {
  await tx
    .updateTable("agent_invite")
    .set({ used_by: agentId, tries_left: 0 })
    .where("id", "=", id)
    .execute();
}

export async function removeOldInvites(tx: Tx, before: Date): Promise<void> {
  await tx.deleteFrom("agent_invite").where("expires_at", "<", before).execute();
}

export async function insertJoined(
  tx: Tx,
  agent: {
    id: string;
    type: string;
    name: string;
    version: string;
    signingKey: string;
    sealingKey: string;
    labels: readonly string[];
    instance: string;
    address: string;
    at: Date;
  },
): Promise<void> {
  await tx
    .insertInto("agent")
    .values({
      id: agent.id,
      type: agent.type,
      name: agent.name,
      status: "offline",
      reason: "it has joined and has not told anything yet",
      capabilities: [],
      version: agent.version,
      running_tasks: [],
      created_at: agent.at,
      signing_key: agent.signingKey,
      sealing_key: agent.sealingKey,
      labels: [...agent.labels],
      instance: agent.instance,
      address: agent.address,
      enrolled_at: agent.at,
    })
    .execute();
}

/** Channel on which PostgreSQL tells every server that an agent uses RabbitMQ now, or does so no more; the payload is its id. */
export const brokerChannel = "chf_broker";

/** Channel on which servers speak about the connections of agents. */
export const connectionChannel = "chf_connection";

/** Where an agent is connected, as far as the servers have told. */
export interface Holder {
  readonly server: string | null;
  readonly instance: string | null;
  /** The server was seen lately. */
  readonly isAlive: boolean;
}

export async function findHolder(
  db: Database,
  id: string,
  { within }: { within: number },
): Promise<Holder | undefined> {
  const { rows } = await sql<Holder>`
    SELECT connected_to AS server, instance, EXISTS (
      SELECT FROM replica WHERE id = connected_to AND seen_at > now() - ${within} * interval '1 millisecond'
    ) AS "isAlive"
    FROM agent WHERE id = ${id}
  `.execute(db);
  return rows[0];
}

/**
 * Notes that the agent is connected to this server; tells the others when its way has changed, and the server that had it. False
 * when it has connected elsewhere since `held` was read.
 */
export async function setConnected(
  tx: Tx,
  id: string,
  given: {
    held: Holder;
    server: string;
    from: { instance: string; address: string; broker: boolean };
    moved: string;
  },
): Promise<boolean> {
  const { held, server, from, moved } = given;
  const result = await sql`
    WITH before AS (
      SELECT broker, connected_to FROM agent
      WHERE id = ${id} AND connected_to IS NOT DISTINCT FROM ${held.server}::uuid
        AND instance IS NOT DISTINCT FROM ${held.instance}::uuid
      FOR UPDATE
    ), told AS (SELECT pg_notify(${brokerChannel}, ${id}) FROM before WHERE broker <> ${from.broker}),
    moved AS (SELECT pg_notify(${connectionChannel}, ${moved}) FROM before WHERE connected_to <> ${server}::uuid)
    UPDATE agent SET instance = ${from.instance}, address = ${from.address}, broker = ${from.broker},
      connected_to = ${server}
    FROM before WHERE id = ${id} AND (SELECT count(*) FROM told) + (SELECT count(*) FROM moved) >= 0
  `.execute(tx);
  return result.numAffectedRows === 1n;
}

/** The connection that this server had with it has ended. */
export async function setLeft(
  db: Database,
  id: string,
  had: { server: string; instance: string },
): Promise<void> {
  await db
    .updateTable("agent")
    .set({ connected_to: null })
    .where("id", "=", id)
    .where("connected_to", "=", had.server)
    .where("instance", "=", had.instance)
    .execute();
}

/** Nobody is connected to a server that has just started. */
export async function forgetConnections(db: Database, server: string): Promise<void> {
  await db.updateTable("agent").set({ connected_to: null }).where("connected_to", "=", server).execute();
}

export async function tellConnection(db: Database, word: string): Promise<void> {
  await sql`SELECT pg_notify(${connectionChannel}, ${word})`.execute(db);
}

/** Agents whose messages go over RabbitMQ. */
export async function listBrokerAgents(db: Database): Promise<string[]> {
  const rows = await db
    .selectFrom("agent")
    .select("id")
    .where("broker", "=", true)
    .where("revoked_at", "is", null)
    .execute();
  return rows.map(({ id }) => id);
}

/** False when other keys are there already: of two changes at once one counts. */
export async function replaceKeys(
  tx: Tx,
  id: string,
  keys: { from: string; signingKey: string; sealingKey: string },
): Promise<boolean> {
  const changed = await tx
    .updateTable("agent")
    .set({ signing_key: keys.signingKey, sealing_key: keys.sealingKey })
    .where("id", "=", id)
    .where("signing_key", "=", keys.from)
    .returning("id")
    .executeTakeFirst();
  return changed !== undefined;
}

/** False when it was revoked before. */
export async function setRevoked(tx: Tx, id: string, change: { at: Date; reason: string }): Promise<boolean> {
  const changed = await tx
    .updateTable("agent")
    .set({ revoked_at: change.at, status: "offline", reason: change.reason })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return changed !== undefined;
}

/** Frames came from them. Only a heartbeat makes an agent online; this keeps it so. */
export async function touchSeen(db: Database, ids: readonly string[], at: Date): Promise<void> {
  await sql`
    WITH held AS (
      SELECT id FROM agent WHERE id = ANY(${[...ids]}::uuid[]) AND status = 'online' AND revoked_at IS NULL
      ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE agent SET last_seen_at = ${at} FROM held WHERE agent.id = held.id
  `.execute(db);
}

/** Whether an attempt that this agent has, and that is not over, is of that snapshot. */
export async function holdsSnapshot(db: Database, agentId: string, digest: string): Promise<boolean> {
  const rows = await sql`
    SELECT FROM attempt JOIN task ON task.id = attempt.task_id JOIN plan ON plan.id = task.plan_id
    WHERE attempt.agent_id = ${agentId} AND attempt.state <> 'ended' AND EXISTS (
      SELECT FROM jsonb_array_elements(plan.manifests -> 'steps') AS each (manifest)
      WHERE manifest ->> 'snapshot' = ${digest} AND (manifest ->> 'step')::integer = task.step)
    LIMIT 1
  `.execute(db);
  return rows.rows.length > 0;
}
