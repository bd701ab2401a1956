import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues, type Message, type WorkRequest } from "../../contracts/agent-protocol.ts";
import { settleOverdue } from "../dispatch/overdue.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { applyRunEvent } from "../run/apply.ts";
import { getRun } from "../run/view-sql.ts";
import { createTestCore, createTestRun, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "../track/handle.ts";
import { markRun } from "./mark.ts";

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
const keyOf = ({ task_id, attempt, fence }: WorkRequest) => ({ task_id, attempt, fence });
const mark = (id: string, outcome: "succeeded" | "failed", step = 0) =>
  markRun(core.deps, ada, { id, body: { step, outcome, reason: "the page answers" } });

async function begin(): Promise<{ runId: string; order: WorkRequest }> {
  const { runId } = await createTestRun(core, [["web1"], ["web1"]]);
  await placeReadyTasks(core.deps);
  const rows = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agent))
    .orderBy("id")
    .execute();
  const order = rows.at(-1)?.envelope;
  if (order?.type !== "work_request") throw new Error("no order");
  await tell({ type: "work_accepted", payload: { ...keyOf(order.payload), agent_id: agent } });
  return { runId, order: order.payload };
}

const sayUnknown = (order: WorkRequest) =>
  tell({
    type: "work_result",
    payload: {
      ...keyOf(order),
      outcome: "unknown",
      exit_code: null,
      error: { code: 5101, message: "the supervisor was killed" },
      recap: null,
      resources_used: { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 },
      output_length: 0,
      progress_count: 0,
    },
  });

test("a step of unknown end is settled by a person's word, which is recorded; what waits for it goes on", async () => {
  const { runId, order } = await begin();
  await sayUnknown(order);
  expect(await getRun(core.db, runId)).toMatchObject({ state: "unknown" });

  const marked = await mark(runId, "succeeded");

  expect(marked.tasks.map((task) => task.state)).toEqual(["succeeded", "ready"]);
  expect(marked.tasks[0]?.reason).toBe("ada says that it has succeeded: the page answers");
  const records = await core.db.selectFrom("audit_record").select(["kind", "status"]).execute();
  expect(records).toContainEqual({ kind: "task.marked", status: "succeeded" });
  await expect(mark(runId, "failed")).rejects.toMatchObject({ code: "conflict" });
});

test("while its agent is silent it may still be at work: it is marked when that cannot be any more", async () => {
  const { runId } = await begin();
  core.advance(core.deps.waits.silence + 1);
  await settleOverdue(core.deps);
  expect(await getRun(core.db, runId)).toMatchObject({ state: "unknown" });

  await expect(mark(runId, "failed")).rejects.toMatchObject({
    code: "conflict",
    message: "step 1 may still be at work: its agent is silent",
  });
  core.advance(core.deps.waits.orphanLimit);

  expect(await mark(runId, "failed")).toMatchObject({
    state: "failed",
    tasks: [{ state: "failed" }, { state: "skipped" }],
  });
});

test("only a step of unknown end can be marked", async () => {
  const { runId } = await begin();
  await expect(mark(runId, "succeeded")).rejects.toMatchObject({ code: "conflict" });
  await expect(mark(runId, "succeeded", 7)).rejects.toMatchObject({ code: "not-found" });
});

test("after its approval has run out the rest would be refused, so it is said before; the last step can be marked all the same", async () => {
  const { runId, order } = await begin();
  await sayUnknown(order);
  core.advance(core.deps.waits.approvalValid + 1);
  await expect(mark(runId, "succeeded")).rejects.toMatchObject({
    code: "conflict",
    hint: expect.stringContaining("chiffon run cancel"),
  });

  const event = { type: "cancel", reason: "too late" } as const;
  await core.db.transaction().execute((tx) => applyRunEvent(core.deps, tx, { runId, event }));
  expect((await mark(runId, "succeeded")).tasks.map((task) => task.state)).toEqual([
    "succeeded",
    "cancelled",
  ]);
});

test("a preview shows what it saw: nobody's word changes that", async () => {
  const { runId, order } = await begin();
  await sayUnknown(order);
  await core.db.updateTable("run").set({ purpose: "preview" }).where("id", "=", runId).execute();
  await expect(mark(runId, "succeeded")).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("is a preview"),
  });
});
