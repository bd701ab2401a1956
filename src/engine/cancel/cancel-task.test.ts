import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues } from "../../contracts/agent-protocol.ts";
import { settleOverdue } from "../dispatch/overdue.ts";
import { getRun } from "../run/view-sql.ts";
import { readEvents } from "../stream/sql.ts";
import { createRunOf, createTestCore, type TestCore } from "../testing.ts";
import { createTestAgent, type TestAgent } from "../track/testing.ts";
import { cancelTask } from "./cancel-task.ts";

let core: TestCore;
let agent: TestAgent;
const ada = { actor: { kind: "user" as const, name: "ada", id: randomUUID() }, strong: true };

beforeEach(async () => {
  core = await createTestCore();
  agent = await createTestAgent(core);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

const cancel = (id: string, reason = "wrong host") => cancelTask(core.deps, ada, { id, reason });
const show = (id: string) => getRun(core.db, id);

/** Two steps in order on one host, and one on another. */
async function started() {
  const steps = [{ hosts: ["web1"] }, { hosts: ["web1"], after: [0] }, { hosts: ["web2"] }];
  const { runId } = await createRunOf(core, { steps });
  const { tasks } = await show(runId);
  return { runId, ids: tasks.map((task) => task.id) };
}

async function sentToAgent(): Promise<unknown[]> {
  const rows = await core.db
    .selectFrom("outbox")
    .select("envelope")
    .where("queue", "=", queues.control(agent.id))
    .orderBy("id")
    .execute();
  return rows.flatMap(({ envelope }) => (envelope.type === "control" ? [envelope.payload] : []));
}

async function recorded(taskId: string): Promise<(string | null)[][]> {
  const rows = await core.db
    .selectFrom("audit_record")
    .select(["kind", "actor_name", "status"])
    .where("task_id", "=", taskId)
    .orderBy("arrival")
    .execute();
  return rows.map((row) => [row.kind, row.actor_name, row.status]);
}

test("one task that waits is cancelled, what comes after it is skipped, and the rest of the run goes on to its end", async () => {
  const { runId, ids } = await started();
  const task = await cancel(ids[0] ?? "");

  expect(task).toMatchObject({ id: ids[0], state: "cancelled", reason: "cancelled by ada: wrong host" });
  expect((await show(runId)).tasks).toMatchObject([
    { state: "cancelled" },
    { state: "skipped", reason: "step 1 cancelled", attempts: [] },
    { state: "ready" },
  ]);
  expect((await agent.execute("succeeded")).task_id).toBe(ids[2]);
  expect(await show(runId)).toMatchObject({
    state: "cancelled",
    reason: "cancelled by ada: wrong host",
    tasks: [{ state: "cancelled" }, { state: "skipped" }, { state: "succeeded" }],
  });
  expect(await recorded(ids[0] ?? "")).toEqual([
    ["task.finished", "chiffon", "cancelled"],
    ["task.cancel-requested", "ada", null],
  ]);
  const told = await readEvents(core.db, `run:${runId}`, { after: 0, limit: 100 });
  expect(told.filter((event) => event.type === "task.state").map(({ data }) => data)).toContainEqual(
    expect.objectContaining({ taskId: ids[1], state: "skipped", reason: "step 1 cancelled" }),
  );
});

test("a task that runs is told to stop, once however often that is said, and its agent decides how it ended", async () => {
  const { runId, ids } = await started();
  const order = await agent.begin();
  expect(order.task_id).toBe(ids[2]);
  const task = await cancel(ids[2]?.toUpperCase() ?? "");
  expect(task).toMatchObject({ state: "running", reason: "being stopped: cancelled by ada: wrong host" });
  expect(await cancel(ids[2] ?? "", "again")).toEqual(task);
  const stop = { task_id: ids[2], command: "cancel", reason: "cancelled by ada: wrong host" };
  const [first, ...more] = await sentToAgent();
  expect(first).toMatchObject(stop);
  for (const again of more) expect(again).toEqual(first);
  expect((await recorded(ids[2] ?? "")).filter(([kind]) => kind === "task.cancel-requested")).toHaveLength(1);

  await agent.finish(order, "cancelled");
  expect((await show(runId)).tasks).toMatchObject([{}, { state: "pending" }, { state: "cancelled" }]);
});

test("a task that is over is not cancelled, and the message says what it is and what to do", async () => {
  const { ids } = await started();
  await agent.execute("succeeded");
  await expect(cancel(ids[2] ?? "")).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/^step 3 of run \w{8} is over: succeeded$/),
  });
  await createRunOf(core, { steps: [{ hosts: ["web3"] }] });
  const { task_id } = await agent.execute("unknown");
  await expect(cancel(task_id)).rejects.toMatchObject({
    code: "conflict",
    hint: expect.stringContaining("run mark"),
  });
  await expect(cancel(randomUUID())).rejects.toMatchObject({ code: "not-found" });
});

test("a task whose agent fell silent is stopped as soon as the agent is back", async () => {
  const { ids } = await started();
  const order = await agent.begin();
  core.advance(core.deps.waits.silence + 1);
  await settleOverdue(core.deps);
  expect(await cancel(order.task_id)).toMatchObject({ state: "unknown" });
  expect(await sentToAgent()).toEqual([]);
  await agent.renew(order);
  expect(await sentToAgent()).toMatchObject([{ task_id: ids[2], command: "cancel" }]);
});
