import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues, type Message, type WorkRequest } from "../../contracts/agent-protocol.ts";
import { settleOverdue } from "../dispatch/overdue.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { applyRunEvent } from "../run/apply.ts";
import { getRun } from "../run/view-sql.ts";
import { readEvents } from "../stream/sql.ts";
import { createTestCore, createTestRun, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "../track/handle.ts";
import { pauseRun, resumeRun } from "./pause.ts";

let core: TestCore;
const agent = randomUUID();
const ada = { actor: { kind: "user" as const, name: "ada", id: randomUUID() }, strong: true };

beforeEach(async () => {
  core = await createTestCore();
  await tell(heartbeatOf(agent));
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

const tell = (message: Message) => handleAgentMessage(core.deps, fromAgent(agent, message));
const pause = (id: string, reason: string | null = "lunch") => pauseRun(core.deps, ada, { id, reason });
const resume = (id: string) => resumeRun(core.deps, ada, { id });
const show = (id: string) => getRun(core.db, id);
const keyOf = (order: WorkRequest) => ({
  task_id: order.task_id,
  attempt: order.attempt,
  fence: order.fence,
});

async function sent(queue: string) {
  const rows = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queue)
    .orderBy("id")
    .execute();
  return rows.map((row) => row.envelope);
}

async function place(): Promise<WorkRequest> {
  await placeReadyTasks(core.deps);
  const order = (await sent(queues.work(agent))).at(-1);
  if (order?.type !== "work_request") throw new Error("no order");
  return order.payload;
}

const accept = (order: WorkRequest) =>
  tell({ type: "work_accepted", payload: { ...keyOf(order), agent_id: agent } });

const end = (order: WorkRequest) =>
  tell({
    type: "work_result",
    payload: {
      ...keyOf(order),
      outcome: "succeeded",
      exit_code: 0,
      error: null,
      recap: null,
      resources_used: { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 },
      output_length: 0,
      progress_count: 0,
    },
  });

const begin = async () => (await createTestRun(core, [["web1"], ["web1"]])).runId;

test("a run that is paused while a step runs lets it end, begins no other, and goes on when it is resumed", async () => {
  const runId = await begin();
  const order = await place();
  await accept(order);

  expect(await pause(runId)).toMatchObject({
    state: "paused",
    pause: "paused by ada: lunch",
    reason: "paused by ada: lunch; step 1 still runs",
  });
  await pause(runId, "again");
  await end(order);
  await placeReadyTasks(core.deps);
  expect(await show(runId)).toMatchObject({
    state: "paused",
    reason: "paused by ada: lunch",
    endedAt: null,
    tasks: [{ state: "succeeded" }, { state: "pending", attempts: [] }],
  });

  expect(await resume(runId)).toMatchObject({ state: "running", pause: null });
  await resume(runId);
  const second = await place();
  await accept(second);
  await end(second);
  expect((await show(runId)).state).toBe("succeeded");
  const records = await core.db
    .selectFrom("audit_record")
    .select(["kind", "actor_name"])
    .where("run_id", "=", runId)
    .where("kind", "in", ["run.paused", "run.resumed"])
    .orderBy("arrival")
    .execute();
  expect(records).toEqual([
    { kind: "run.paused", actor_name: "ada" },
    { kind: "run.resumed", actor_name: "ada" },
  ]);
  const told = await readEvents(core.db, `run:${runId}`, { after: 0, limit: 100 });
  const states = told.flatMap((event) => (event.type === "run.state" ? [event.data.state] : []));
  expect([...new Set(states)]).toEqual(["queued", "running", "paused", "succeeded"]);
});

test("an order that its agent has not begun is taken back, and its hosts are free for others", async () => {
  const runId = await begin();
  const order = await place();
  await pause(runId);

  await accept(order);
  expect((await sent(queues.control(agent))).at(-1)).toMatchObject({
    type: "error",
    payload: { code: 5008 },
  });
  expect((await show(runId)).tasks[0]).toMatchObject({ state: "pending", startedAt: null });
  const { runId: other } = await createTestRun(core, [["web1"]]);
  await placeReadyTasks(core.deps);
  expect((await show(other)).tasks[0]?.state).toBe("leased");
});

test("a paused run can be cancelled, and what is over, a preview, or without a further step cannot be paused", async () => {
  const runId = await begin();
  await pause(runId, null);
  const cancel = { type: "cancel", reason: "enough" } as const;
  await core.db.transaction().execute((tx) => applyRunEvent(core.deps, tx, { runId, event: cancel }));
  expect(await show(runId)).toMatchObject({ state: "cancelled", pause: null });
  await expect(pause(runId)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/is cancelled/),
  });
  await expect(resume(runId)).rejects.toMatchObject({ code: "conflict" });

  const { runId: last } = await createTestRun(core, [["web2"]]);
  await accept(await place());
  await expect(pause(last)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/no further step/),
  });
  await expect(pause(randomUUID())).rejects.toMatchObject({ code: "not-found" });
});

test("a paused run whose approval runs out before anything began ends, and one that had begun is not resumed", async () => {
  const early = await begin();
  const { runId: late } = await createTestRun(core, [["web2"], ["web2"]]);
  await pause(early);
  const order = await place();
  await accept(order);
  await pause(late);
  await end(order);
  core.advance(core.deps.waits.approvalValid + 1_000);
  await settleOverdue(core.deps);

  expect((await show(early)).reason).toContain("needs approval again");
  await expect(resume(late)).rejects.toMatchObject({
    code: "conflict",
    hint: expect.stringContaining("chiffon run retry"),
  });
});
