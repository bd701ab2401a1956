import { randomUUID } from "node:crypto";
import { beforeEach, afterEach, expect, test } from "vitest";
import { queues, type Message } from "../contracts/agent-protocol.ts";
import type { Outcome } from "../contracts/vocabulary.ts";
import { handleAgentMessage } from "./track/handle.ts";
import { placeReadyTasks } from "./dispatch/place.ts";
import { tellWaiting } from "./dispatch/tell-waiting.ts";
import { settleOverdue } from "./dispatch/overdue.ts";
import { sweepSilentAgents } from "./agents/heartbeat.ts";
import { listAgents } from "./agents/sql.ts";
import { listNeededSnapshots } from "./plan/sql.ts";
import { applyRunEvent } from "./run/apply.ts";
import { getRun, listHostResults, readLog } from "./run/view-sql.ts";
import { readEvents } from "./stream/sql.ts";
import { createTestCore, createTestRun, fromAgent, heartbeatOf, type TestCore } from "./testing.ts";

let core: TestCore;
const agent = randomUUID();
beforeEach(async () => {
  core = await createTestCore();
  await tell(heartbeatOf(agent));
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

const tell = (message: Message, id?: string) => handleAgentMessage(core.deps, fromAgent(agent, message, id));

async function lastOrder(): Promise<{ task_id: string; attempt: number; fence: number }> {
  const row = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agent))
    .orderBy("id", "desc")
    .executeTakeFirstOrThrow();
  if (row.envelope.type !== "work_request") throw new Error("no order");
  const { task_id, attempt, fence } = row.envelope.payload;
  return { task_id, attempt, fence };
}

async function begin(): Promise<{ task_id: string; attempt: number; fence: number }> {
  await placeReadyTasks(core.deps);
  const key = await lastOrder();
  await tell({ type: "work_accepted", payload: { ...key, agent_id: agent } });
  return key;
}

const resultOf = (
  key: { task_id: string; attempt: number; fence: number },
  outcome: Outcome = "succeeded",
  more: { output_length?: number; progress_count?: number } = {},
): Message => ({
  type: "work_result",
  payload: {
    ...key,
    outcome,
    exit_code: outcome === "succeeded" ? 0 : 2,
    error: null,
    recap: null,
    resources_used: { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 },
    output_length: 0,
    progress_count: 0,
    ...more,
  },
});

const statesOf = async (runId: string) => (await getRun(core.db, runId)).tasks.map((task) => task.state);

test("[ORCH-03] a task goes from ready to succeeded, each change with its row, event and record, and the next one follows", async () => {
  const { runId } = await createTestRun(core, [["web1"], ["web1"]]);

  const first = await begin();
  expect(await statesOf(runId)).toEqual(["running", "pending"]);
  await tell(resultOf(first));
  expect(await statesOf(runId)).toEqual(["succeeded", "ready"]);
  await tell(resultOf(await begin()));

  const run = await getRun(core.db, runId);
  expect(run.state).toBe("succeeded");
  expect(run.tasks[0]?.attempts[0]).toMatchObject({
    outcome: "succeeded",
    exitCode: 0,
    resources: { wall_ms: 2 },
  });
  const records = await core.db.selectFrom("audit_record").select("kind").orderBy("arrival").execute();
  expect(records.map((record) => record.kind).filter((kind) => kind.startsWith("task."))).toEqual([
    "task.dispatched",
    "task.started",
    "task.finished",
    "task.dispatched",
    "task.started",
    "task.finished",
  ]);
});

test("no grant is sent before the start record, and a repeated acceptance starts nothing twice", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  await placeReadyTasks(core.deps);
  const key = await lastOrder();
  const grants = () =>
    core.db.selectFrom("outbox").selectAll().where("queue", "=", queues.control(agent)).execute();
  expect(await grants()).toHaveLength(0);

  await tell({ type: "work_accepted", payload: { ...key, agent_id: agent } });
  await tell({ type: "work_accepted", payload: { ...key, agent_id: agent } });

  expect((await grants()).map((row) => row.envelope.type)).toEqual(["lease_renew", "lease_renew"]);
  const started = await core.db
    .selectFrom("audit_record")
    .select("id")
    .where("kind", "=", "task.started")
    .execute();
  expect(started).toHaveLength(1);
  expect((await getRun(core.db, runId)).tasks[0]?.attempts).toHaveLength(1);
});

test("[MSG-02] output and progress that come twice or overlap are stored once, and a gap is asked for again", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  const key = await begin();
  const output = (offset: number, text: string) =>
    tell({ type: "work_output", payload: { ...key, offset, text } });

  expect(await output(0, "hello ")).toBe("ack");
  expect(await output(0, "hello ")).toBe("ack");
  expect(await output(3, "lo world")).toBe("ack");
  expect(await output(50, "later")).toBe("retry");

  expect(await readLog(core.db, runId, { after: 0, limit: 100 })).toEqual({
    text: "hello world",
    next: 11,
    end: true,
  });
  expect((await readLog(core.db, runId, { after: 4, limit: 4 })).text).toBe("o wo");

  const head = {
    kind: "ansible-task",
    key: "k",
    name: "copy",
    module: "copy",
    source: "a.yml:3",
    handler: false,
  } as const;
  const at = "2026-11-22T12:00:00.000Z";
  const started = { kind: "host-started", key: "k", host: "web1", at } as const;
  const done = {
    kind: "host-result",
    key: "k",
    host: "web1",
    status: "changed",
    duration_ms: 5,
    item: null,
    message: null,
    at,
  } as const;
  const status = (first_seq: number, progress: (typeof head | typeof started | typeof done)[]) =>
    tell({ type: "work_status", payload: { ...key, first_seq, progress } });
  expect(await status(1, [head, started])).toBe("ack");
  expect(await listHostResults(core.db, runId)).toMatchObject([{ status: "running", endedAt: null }]);
  expect(await status(1, [head, started, done])).toBe("ack");
  expect(await status(5, [done])).toBe("retry");
  expect(await listHostResults(core.db, runId)).toMatchObject([
    { status: "changed", endedAt: at, name: "copy" },
  ]);

  const seqs = (await readEvents(core.db, `run:${runId}`, { after: 0, limit: 1000 })).map(
    (event) => event.seq,
  );
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
});

test("a result waits until everything before it is stored, and is taken once", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  const key = await begin();
  const id = randomUUID();
  const result = resultOf(key, "succeeded", { output_length: 5 });

  expect(await tell(result, id)).toBe("retry");
  await tell({ type: "work_output", payload: { ...key, offset: 0, text: "12345" } });
  expect(await tell(result, id)).toBe("ack");
  expect(await tell(result, id)).toBe("ack");
  expect(await tell(resultOf(key, "failed"))).toBe("ack");

  expect((await getRun(core.db, runId)).state).toBe("succeeded");
});

test("messages with a wrong fence are refused and change nothing", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  const key = await begin();
  const wrong = { ...key, fence: key.fence + 1 };

  expect(await tell(resultOf(wrong, "failed"))).toBe("dead");
  expect(await tell({ type: "work_output", payload: { ...wrong, offset: 0, text: "x" } })).toBe("dead");
  expect(await statesOf(runId)).toEqual(["running"]);
});

test("two runs on one host take turns, and the waiting one says what it waits for", async () => {
  const first = await createTestRun(core, [["web1"]]);
  const second = await createTestRun(core, [["web1"]]);
  const key = await begin();
  await placeReadyTasks(core.deps);
  await tellWaiting(core.deps);

  const waiting = [first.runId, second.runId];
  const runs = await Promise.all(waiting.map((id) => getRun(core.db, id)));
  const ready = runs.find((run) => run.tasks[0]?.state === "ready");
  const running = runs.find((run) => run.tasks[0]?.state === "running");
  expect(ready?.tasks[0]?.reason).toBe(
    `waiting for host web1: locked by run ${running?.id.slice(0, 8)}, place 1 of 1`,
  );
  await tell(resultOf(key));
  await begin();
  expect((await getRun(core.db, ready?.id ?? "")).tasks[0]?.state).toBe("running");
});

test("an attempt that nobody begins is handed out again after its back-off; a started one that falls silent is unknown", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  await placeReadyTasks(core.deps);
  core.advance(core.deps.waits.beginWithin + 1);
  await settleOverdue(core.deps);
  expect(await statesOf(runId)).toEqual(["ready"]);
  const next = await placeReadyTasks(core.deps);
  expect(next).toBe(core.deps.clock.now().getTime() + 1_000);

  core.advance(1_001);
  await begin();
  core.advance(core.deps.waits.silence + 1);
  await settleOverdue(core.deps);

  expect(await statesOf(runId)).toEqual(["unknown"]);
  expect((await getRun(core.db, runId)).state).toBe("unknown");
  expect(await placeReadyTasks(core.deps)).toBeUndefined();
});

test("an approval that leads to no start within 24 hours expires, and the run says so", async () => {
  await tell(heartbeatOf(agent, { leaving: true }));
  const { runId } = await createTestRun(core, [["web1"]]);
  await tellWaiting(core.deps);
  expect((await getRun(core.db, runId)).reason).toContain("none is online");

  core.advance(24 * 3_600_000 + 1);
  await settleOverdue(core.deps);

  const run = await getRun(core.db, runId);
  expect(run.state).toBe("cancelled");
  expect(run.reason).toContain("needs approval again");
  expect(await core.db.selectFrom("plan").select("state").executeTakeFirstOrThrow()).toEqual({
    state: "expired",
  });
});

test("[DESK-03] an agent is offline after 90 s of silence and online again at its first word", async () => {
  core.advance(89_000);
  await sweepSilentAgents(core.deps);
  expect((await listAgents(core.db))[0]?.status).toBe("online");
  core.advance(2_000);
  await sweepSilentAgents(core.deps);
  expect((await listAgents(core.db))[0]?.status).toBe("offline");
  await tell(heartbeatOf(agent));
  expect((await listAgents(core.db))[0]?.status).toBe("online");
});

test("cancelling a running task tells the agent to stop it, and the run ends as cancelled", async () => {
  const { runId } = await createTestRun(core, [["web1"], ["web1"]]);
  const key = await begin();
  await core.db
    .transaction()
    .execute((tx) => applyRunEvent(core.deps, tx, { runId, event: { type: "cancel", reason: "enough" } }));

  const control = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.control(agent))
    .execute();
  expect(control.map((row) => row.envelope.type)).toEqual(["lease_renew", "control"]);
  await tell(resultOf(key, "cancelled"));
  expect(await statesOf(runId)).toEqual(["cancelled", "cancelled"]);
  expect((await getRun(core.db, runId)).state).toBe("cancelled");
});

test("bytes that a database cannot carry do not keep a run open for ever", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  const key = await begin();
  const at = "2026-11-22T12:00:00.000Z";
  const strange = "a\0b\uDC80c";
  const head = {
    kind: "ansible-task",
    key: "k",
    name: strange,
    module: "command",
    source: "a.yml:3",
    handler: false,
  } as const;
  const done = {
    kind: "host-result",
    key: "k",
    host: "web1",
    status: "failed",
    duration_ms: 5,
    item: null,
    message: strange,
    at,
  } as const;

  expect(await tell({ type: "work_status", payload: { ...key, first_seq: 1, progress: [head, done] } })).toBe(
    "ack",
  );
  expect(await tell({ type: "work_output", payload: { ...key, offset: 0, text: strange } })).toBe("ack");
  const result = resultOf(key, "failed", { output_length: strange.length, progress_count: 2 });
  if (result.type === "work_result") result.payload.error = { code: 5100, message: strange };
  expect(await tell(result)).toBe("ack");

  expect((await getRun(core.db, runId)).state).toBe("failed");
  expect((await listHostResults(core.db, runId))[0]?.message).toBe("a\uFFFDb\uFFFDc");
  expect((await readLog(core.db, runId, { after: 0, limit: 100 })).text).toBe("a\uFFFDb\uFFFDc");
});

test("the record of a skipped step does not carry the result of the step that stopped it", async () => {
  await createTestRun(core, [["web1"], ["web1"]]);
  await tell(resultOf(await begin(), "failed"));

  const rows = await core.db
    .selectFrom("audit_record")
    .selectAll()
    .where("kind", "=", "task.finished")
    .execute();
  const text = rows.map((row) => String(row.body)).toSorted((a, b) => a.length - b.length);
  expect(rows).toHaveLength(2);
  expect(text[0]).toContain("skipped");
  expect(text[0]).not.toContain("exit_code");
  expect(text[1]).toContain("exit_code");
});

test("a long log is read from any place, piece by piece, over all steps of the run", async () => {
  const { runId } = await createTestRun(core, [["web1"], ["web1"]]);
  let whole = "";
  for (const step of [0, 1]) {
    const key = await begin();
    let offset = 0;
    for (let piece = 0; piece < 40; piece += 1) {
      const text = `step ${step} line ${piece}\n`.repeat(1 + (piece % 3));
      await tell({ type: "work_output", payload: { ...key, offset, text } });
      offset += text.length;
      whole += text;
    }
    await tell(resultOf(key, "succeeded", { output_length: offset }));
  }

  for (const [after, limit] of [
    [0, 10_000],
    [0, 7],
    [333, 50],
    [whole.length - 5, 100],
    [whole.length, 10],
  ] as const) {
    const text = whole.slice(after, after + limit);
    const end = text.length < limit;
    expect(await readLog(core.db, runId, { after, limit })).toEqual({ text, next: after + text.length, end });
  }
});

test("a snapshot is needed as long as its plan can be approved, its run goes on, or it is the newest run to compare with", async () => {
  const digest = "0".repeat(64);
  const { runId } = await createTestRun(core, [["web1"]]);
  const key = await begin();
  expect(await listNeededSnapshots(core.db)).toEqual([digest]);
  core.advance(core.deps.waits.silence + 1);
  await settleOverdue(core.deps);
  expect((await getRun(core.db, runId)).state).toBe("unknown");
  expect(await listNeededSnapshots(core.db)).toEqual([digest]);

  await tell(resultOf(key));
  expect(await listNeededSnapshots(core.db)).toEqual([digest]);
  await core.db.updateTable("task").set({ ended_at: null }).execute();
  expect(await listNeededSnapshots(core.db)).toEqual([]);
  await core.db.updateTable("plan").set({ state: "proposed" }).execute();
  expect(await listNeededSnapshots(core.db)).toEqual([digest]);
});
