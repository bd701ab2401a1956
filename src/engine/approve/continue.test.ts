import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues, type Message } from "../../contracts/agent-protocol.ts";
import type { Outcome } from "../../contracts/vocabulary.ts";
import type { Run } from "../../contracts/run.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { tellWaiting } from "../dispatch/tell-waiting.ts";
import { settleOverdue } from "../dispatch/overdue.ts";
import { findHistory } from "../plan/history-sql.ts";
import { listNeededSnapshots } from "../plan/sql.ts";
import { applyRunEvent } from "../run/apply.ts";
import { getRun, listRuns } from "../run/view-sql.ts";
import { readEvents } from "../stream/sql.ts";
import { createTestCore, createTestRun, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "../track/handle.ts";
import { continueRun } from "./continue.ts";

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

async function orders() {
  const rows = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agent))
    .orderBy("id")
    .execute();
  return rows.flatMap(({ envelope }) => (envelope.type === "work_request" ? [envelope.payload] : []));
}

/** The agent takes the next order and ends it so; `diff` is what it shows meanwhile. */
async function execute(outcome: Outcome, diff?: string) {
  await placeReadyTasks(core.deps);
  const order = (await orders()).at(-1);
  if (!order) throw new Error("no order");
  const key = { task_id: order.task_id, attempt: order.attempt, fence: order.fence };
  await tell({ type: "work_accepted", payload: { ...key, agent_id: agent } });
  const progress = diff === undefined ? [] : [{ kind: "diff" as const, key: "k", host: "web1", text: diff }];
  if (progress.length > 0) await tell({ type: "work_status", payload: { ...key, first_seq: 1, progress } });
  await tell({
    type: "work_result",
    payload: {
      ...key,
      outcome,
      exit_code: outcome === "succeeded" ? 0 : 2,
      error: null,
      recap: null,
      resources_used: { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 },
      output_length: 0,
      progress_count: progress.length,
    },
  });
  return order;
}

const deps = () => ({ ...core.deps, sign: () => "signed again" });
const goOn = (run: Run, hash: string, more: { step?: number; comment?: string } = {}) =>
  continueRun(deps(), ada, { id: run.id, body: { step: 1, hash, ...more } });

const kinds = async () =>
  (await core.db.selectFrom("audit_record").select("kind").orderBy("arrival").execute()).map(
    (row) => row.kind,
  );

/** A run of two steps that has come to its stop before the second. */
async function stopped(): Promise<Run> {
  const { runId } = await createTestRun(core, [["web1"], ["web1"]], [1]);
  await execute("succeeded");
  return await getRun(core.db, runId);
}

const stopOf = (run: Run) => {
  const [stop] = run.stops;
  if (!stop) throw new Error("no stop");
  return stop;
};

test("a run that comes to its stop is paused and previews the step by itself, in a run of its own", async () => {
  const run = await stopped();
  expect(run).toMatchObject({ state: "paused", purpose: "change", endedAt: null });
  expect(run.reason).toContain("stopped before step 2 as asked");
  const stop = stopOf(run);
  expect(stop).toMatchObject({ step: 1, state: "waiting" });

  const order = await execute("succeeded", "-old\n+new\n");

  expect(order).toMatchObject({
    purpose: "preview",
    run_id: run.id,
    parameters: { step: { step: 1, check: false } },
  });
  expect(order.approval.stop_before).toEqual([1]);
  const preview = await getRun(core.db, stop.previewRunId ?? "");
  expect(preview).toMatchObject({ state: "succeeded", purpose: "preview", planId: run.planId, stops: [] });
  expect(preview.tasks).toHaveLength(1);
  const page = await listRuns(core.db, { limit: 10 });
  expect(page.items.map((each) => each.purpose).toSorted()).toEqual(["change", "preview"]);
  const after = await getRun(core.db, run.id);
  expect(after).toMatchObject({
    state: "paused",
    tasks: [{ state: "succeeded" }, { state: "pending", attempts: [] }],
  });
  expect(stopOf(after).hash).not.toBe(stop.hash);
  const told = await readEvents(core.db, `run:${run.id}`, { after: 0, limit: 100 });
  expect(told.at(-1)).toMatchObject({
    type: "task.state",
    data: { step: 1, state: "pending", reason: expect.stringContaining("its preview ended as succeeded") },
  });
  expect(await findHistory(core.db, "demo:step-1.yml")).toEqual({ expected: null, lastRunFailed: false });
});

test("the second approval is bound to the preview, lets the step run once, and is recorded", async () => {
  const run = await stopped();
  const early = stopOf(run).hash;
  await expect(goOn(run, early)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/has not ended yet/),
  });
  await execute("succeeded", "+new\n");
  const { hash } = stopOf(await getRun(core.db, run.id));
  await expect(goOn(run, early)).rejects.toMatchObject({
    code: "hash-mismatch",
    message: expect.stringMatching(/has ended since/),
  });
  await expect(goOn(run, run.planHash)).rejects.toMatchObject({
    message: expect.stringMatching(/hash of the plan/),
  });
  await expect(goOn(run, "e".repeat(64))).rejects.toMatchObject({ code: "hash-mismatch" });
  await expect(goOn(run, hash, { step: 5 })).rejects.toMatchObject({ code: "bad-input" });

  const [one, two] = await Promise.all([goOn(run, hash, { comment: "fine" }), goOn(run, hash)]);

  expect(one.tasks[1]?.state).toBe("ready");
  expect(two.stops).toEqual([{ ...stopOf(run), state: "approved", hash }]);
  expect((await kinds()).filter((kind) => kind === "step.approved")).toHaveLength(1);
  await expect(goOn(run, early)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/approved already/),
  });
  const order = await execute("succeeded");
  expect(order).toMatchObject({
    purpose: "change",
    approval: { stop_before: [], signature: "signed again" },
  });
  expect(order.approval.approved_by).toBe("ada");
  expect((await getRun(core.db, run.id)).state).toBe("succeeded");
  expect((await orders()).map((each) => each.purpose)).toEqual(["change", "preview", "change"]);
});

test("a preview that fails blocks nothing, and another result of it is another hash", async () => {
  const hashes = new Set<string>();
  for (const [outcome, diff] of [
    ["failed"],
    ["succeeded"],
    ["succeeded", "+a"],
    ["succeeded", "+b"],
  ] as const) {
    const run = await stopped();
    await execute(outcome, diff);
    const { hash } = stopOf(await getRun(core.db, run.id));
    hashes.add(hash);
    await goOn(run, hash);
    await execute("succeeded");
    expect((await getRun(core.db, run.id)).state).toBe("succeeded");
  }
  expect(hashes.size).toBe(4);
});

test("a preview that nobody knows the end of may be followed, and a late word about it changes what is approved", async () => {
  const run = await stopped();
  await placeReadyTasks(core.deps);
  const order = (await orders()).at(-1);
  if (!order) throw new Error("no order");
  const key = { task_id: order.task_id, attempt: order.attempt, fence: order.fence };
  await tell({ type: "work_accepted", payload: { ...key, agent_id: agent } });
  core.advance(core.deps.waits.silence + 1);
  await settleOverdue(core.deps);
  const lost = stopOf(await getRun(core.db, run.id));
  expect((await getRun(core.db, lost.previewRunId ?? "")).state).toBe("unknown");

  await tell({ type: "lease_renew", payload: { ...key, expires_at: null } });
  await expect(goOn(run, lost.hash)).rejects.toMatchObject({
    message: expect.stringMatching(/has not ended yet: it is running/),
  });
  core.advance(core.deps.waits.silence + 1);
  await settleOverdue(core.deps);

  expect((await goOn(run, lost.hash)).tasks[1]?.state).toBe("ready");
  await tell(heartbeatOf(agent));
  await placeReadyTasks(core.deps);
  await tellWaiting(core.deps);
  // It may still look at the host.
  expect((await getRun(core.db, run.id)).tasks[1]?.reason).toContain("waiting for host web1: locked by run");
});

test("a step whose predecessor failed never runs, its stop is void, and nothing can be continued", async () => {
  const { runId } = await createTestRun(core, [["web1"], ["web1"]], [1]);
  const { hash } = stopOf(await getRun(core.db, runId));
  await execute("failed");

  const run = await getRun(core.db, runId);

  expect(run).toMatchObject({ state: "failed", stops: [] });
  expect(run.tasks[1]).toMatchObject({ state: "skipped", reason: "step 1 failed" });
  await expect(goOn(run, hash)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/step 2 is skipped/),
  });
  expect(await placeReadyTasks(core.deps)).toBeUndefined();
  expect((await listRuns(core.db, { limit: 10 })).items).toHaveLength(1);
});

test("cancelling a run that waits ends its preview as well, and the approval comes too late", async () => {
  const run = await stopped();
  await core.db
    .transaction()
    .execute((tx) =>
      applyRunEvent(core.deps, tx, { runId: run.id, event: { type: "cancel", reason: "enough" } }),
    );

  expect(await getRun(core.db, run.id)).toMatchObject({ state: "cancelled", stops: [] });
  expect((await getRun(core.db, stopOf(run).previewRunId ?? "")).state).toBe("cancelled");
  await expect(goOn(run, stopOf(run).hash)).rejects.toMatchObject({ code: "conflict" });
});

test("a run may wait at its stop for days: its files stay, its approval is given anew", async () => {
  const run = await stopped();
  await execute("succeeded");
  core.advance(3 * 24 * 3_600_000);
  await settleOverdue(core.deps);
  await tell(heartbeatOf(agent));
  expect((await getRun(core.db, run.id)).state).toBe("paused");
  expect(await listNeededSnapshots(core.db)).toEqual(["0".repeat(64)]);

  await goOn(run, stopOf(await getRun(core.db, run.id)).hash);
  const order = await execute("succeeded");

  expect(Date.parse(order.approval.expires_at)).toBeGreaterThan(core.deps.clock.now().getTime());
  expect((await getRun(core.db, run.id)).state).toBe("succeeded");
});

test("a plan of high risk asks for the typed name the second time too, and without a password it goes no further", async () => {
  const run = await stopped();
  await execute("succeeded");
  await core.db.updateTable("plan").set({ risk: "R3" }).execute();
  const { hash } = stopOf(await getRun(core.db, run.id));
  const body = { step: 1, hash };

  await expect(goOn(run, hash)).rejects.toMatchObject({ code: "needs-answer" });
  const weak = { ...ada, strong: false };
  await expect(
    continueRun(deps(), weak, { id: run.id, body: { ...body, typed: "step-0" } }),
  ).rejects.toMatchObject({ code: "not-allowed" });
  const done = await continueRun(deps(), ada, { id: run.id, body: { ...body, typed: "step-0" } });
  expect(done.tasks[1]?.state).toBe("ready");
});
