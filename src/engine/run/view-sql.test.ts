import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRunOf, createTestCore, type TestCore } from "../testing.ts";
import { createTestAgent } from "../track/testing.ts";
import { getRun, getTask } from "./view-sql.ts";

let core: TestCore;

beforeEach(async () => {
  core = await createTestCore();
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

/** How many connections wait for a lock on the table. */
async function waiting(table: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = ${table}::regclass
  `.execute(core.db);
  return Number(rows[0]?.count);
}

test("a run is shown as of one moment, also when it changes between the reads of its parts", async () => {
  const { runId } = await createRunOf(core, { steps: [{ hosts: ["web1"] }] });
  const before = await getRun(core.db, runId);
  const reading = await core.db.transaction().execute(async (tx) => {
    await sql`LOCK TABLE task`.execute(tx);
    const shown = getRun(core.db, runId);
    await expect.poll(() => waiting("task")).toBe(1);
    await tx.updateTable("run").set({ state: "failed", reason: "step 1 failed" }).execute();
    await tx.updateTable("task").set({ state: "failed", reason: "no space left" }).execute();
    return { shown };
  });
  expect(await reading.shown).toEqual(before);
  expect(await getRun(core.db, runId)).toMatchObject({ state: "failed", tasks: [{ state: "failed" }] });
});

test("a task is shown as of one moment, with the attempts that it had then", async () => {
  const agent = await createTestAgent(core);
  const { runId } = await createRunOf(core, { steps: [{ hosts: ["web1"] }] });
  const [task] = (await getRun(core.db, runId)).tasks;
  const reading = await core.db.transaction().execute(async (tx) => {
    await sql`LOCK TABLE attempt`.execute(tx);
    const shown = getTask(core.db, task?.id ?? "");
    await expect.poll(() => waiting("attempt")).toBe(1);
    await sql`
      INSERT INTO attempt (task_id, number, fence, agent_id, state, lease_until, leased_at)
      VALUES (${task?.id}, 1, 1, ${agent.id}, 'leased', now(), now())
    `.execute(tx);
    return { shown };
  });
  expect(await reading.shown).toEqual(task);
  expect((await getTask(core.db, task?.id ?? "")).attempts).toHaveLength(1);
});
