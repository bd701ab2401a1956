import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { AgentKeys } from "../src/adapters/keys/agent-keys.ts";
import { scaleWaits } from "../src/domain/waits.ts";
import type { Database } from "../src/engine/schema.ts";
import { createRunOf } from "../src/engine/testing.ts";

/** A run that an agent has begun. */
export interface Begun {
  readonly number: number;
  readonly agentId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly fence: number;
}

const atOnce = 4;

/** Agents as they are after they have joined: their rows, with the public halves of their keys. */
export async function writeAgents(
  db: Database,
  agents: readonly { id: string; keys: Pick<AgentKeys, "signingKey" | "sealingKey"> }[],
): Promise<void> {
  await sql`
    INSERT INTO agent (id, type, name, status, reason, capabilities, version, running_tasks, created_at, enrolled_at,
                       signing_key, sealing_key)
    SELECT id, 'infra', 'box-' || left(id::text, 8), 'offline', 'it has joined and has not told anything yet', '{}', '0.1.0', '{}',
           now(), now(), signing, sealing
    FROM unnest(${agents.map((each) => each.id)}::uuid[], ${agents.map((each) => each.keys.signingKey)}::text[],
                ${agents.map((each) => each.keys.sealingKey)}::text[]) AS made (id, signing, sealing)
  `.execute(db);
}

/** One run for each of these agents, made by the functions that an approval uses, and then as its agent has begun with it. */
export async function beginRuns(db: Database, agents: readonly { id: string }[]): Promise<Begun[]> {
  const clock = { now: () => new Date() };
  const deps = {
    db,
    clock,
    waits: scaleWaits(1),
    attemptsPerAgent: 4,
    replica: randomUUID(),
    newId: randomUUID,
    sign: () => "",
    sealSecrets: () => Promise.reject(new Error("there are no secrets")),
    random: Math.random,
    listeningSince: clock.now(),
  };
  const begun: Begun[] = [];
  const left = agents.entries();
  const beginSome = async (): Promise<void> => {
    for (const [number, { id: agentId }] of left) {
      const { runId } = await createRunOf({ deps }, { steps: [{ hosts: [`host-${number}`], here: false }] });
      begun.push({ number, agentId, runId, ...(await begin(db, { runId, agentId })) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, beginSome));
  return begun;
}

async function begin(
  db: Database,
  { runId, agentId }: { runId: string; agentId: string },
): Promise<Pick<Begun, "taskId" | "fence">> {
  const { rows } = await sql<{ taskId: string; fence: number }>`
    WITH begun AS (UPDATE task SET state = 'running', started_at = now() WHERE run_id = ${runId} RETURNING id),
    running AS (UPDATE run SET state = 'running', started_at = now() WHERE id = ${runId}),
    approved AS (UPDATE plan SET run_id = ${runId} WHERE id = (SELECT plan_id FROM run WHERE id = ${runId}))
    INSERT INTO attempt (task_id, number, fence, agent_id, state, leased_at, lease_until, started_at)
    SELECT id, 1, nextval('fence'), ${agentId}, 'running', now(), now() + interval '1 hour', now() FROM begun
    RETURNING task_id AS "taskId", fence
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("the run has no task");
  return row;
}
