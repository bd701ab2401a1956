import type { Database } from "../schema.ts";

export interface RunningAttempt {
  readonly agentId: string;
  readonly task_id: string;
  readonly attempt: number;
  readonly fence: number;
}

/** The attempts of a run that an agent holds now. */
export async function listRunningAttempts(db: Database, runId: string): Promise<RunningAttempt[]> {
  return await db
    .selectFrom("attempt")
    .innerJoin("task", "task.id", "attempt.task_id")
    .select(["attempt.agent_id as agentId", "attempt.task_id", "attempt.number as attempt", "attempt.fence"])
    .where("task.run_id", "=", runId)
    .where("attempt.state", "=", "running")
    .execute();
}
