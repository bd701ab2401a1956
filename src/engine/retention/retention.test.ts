import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues, type Message, type WorkRequest } from "../../contracts/agent-protocol.ts";
import type { Outcome } from "../../contracts/vocabulary.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { pauseRun } from "../pause/pause.ts";
import { getRun, listHostResults, listRuns, readLog } from "../run/view-sql.ts";
import { appendEvents, readEvents } from "../stream/sql.ts";
import { createTestCore, createTestRun, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "../track/handle.ts";
import { tendRetention, type Keep } from "./retention.ts";
import { countEnded, purgeSome } from "./sql.ts";

let core: TestCore;
const agent = randomUUID();
const ada = { actor: { kind: "user" as const, name: "ada", id: randomUUID() }, strong: true };
const day = 24 * 3_600_000;
const usual: Keep = { days: 90, bytes: 20e9 };

beforeEach(async () => {
  core = await createTestCore();
  await tell(heartbeatOf(agent));
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

const tell = (message: Message) => handleAgentMessage(core.deps, fromAgent(agent, message));
const keyOf = ({ task_id, attempt, fence }: WorkRequest) => ({ task_id, attempt, fence });
const topicOf = (runId: string) => `run:${runId}`;
const eventsOf = (runId: string, after = 0) => readEvents(core.db, topicOf(runId), { after, limit: 1_000 });
const logOf = (runId: string) => readLog(core.db, runId, { after: 0, limit: 1_000_000 });
const removedOf = async (runId: string) => (await getRun(core.db, runId)).removed ?? null;

/** Works until there is nothing left to do; returns how many pieces that were. */
async function tend(keep: Partial<Keep> = {}): Promise<number> {
  for (let pieces = 1; pieces < 10_000; pieces++)
    if ((await tendRetention({ ...core.deps, keep: { ...usual, ...keep } })) > 0) return pieces;
  throw new Error("it does not come to an end");
}

async function begin(hosts: string[][] = [["web1"]], stopBefore: number[] = []) {
  const { runId } = await createTestRun(core, hosts, stopBefore);
  const order = await take();
  return { runId, order };
}

async function take(): Promise<WorkRequest> {
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
  return order.payload;
}

/** The agent tells a result of one host, writes `output` and ends. */
async function end(order: WorkRequest, output: string, outcome: Outcome = "succeeded"): Promise<void> {
  const key = keyOf(order);
  const at = core.deps.clock.now().toISOString();
  const head = { key: "k", name: "copy", module: "copy", source: "a.yml:3", handler: false };
  const cell = { key: "k", host: "web1", status: "changed" as const, duration_ms: 5, item: null, at };
  const progress = [
    { kind: "ansible-task" as const, ...head },
    { kind: "host-result" as const, ...cell, message: "done" },
  ];
  await tell({ type: "work_status", payload: { ...key, first_seq: 1, progress } });
  for (let offset = 0; offset < output.length; offset += 100_000)
    await tell({
      type: "work_output",
      payload: { ...key, offset, text: output.slice(offset, offset + 100_000) },
    });
  await tell({
    type: "work_result",
    payload: {
      ...key,
      outcome,
      exit_code: outcome === "succeeded" ? 0 : 2,
      error: null,
      recap: null,
      resources_used: { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 },
      output_length: output.length,
      progress_count: progress.length,
    },
  });
}

async function done(output = "ok: [web1]\n", outcome: Outcome = "succeeded"): Promise<string> {
  const { runId, order } = await begin();
  await end(order, output, outcome);
  return runId;
}

/** Text that PostgreSQL cannot press together. */
function noise(length: number): string {
  let text = "";
  while (text.length < length) text += randomUUID();
  return text.slice(0, length);
}

const stored = async (topic: string) =>
  (await core.db.selectFrom("event").select("seq").where("topic", "=", topic).execute()).length;

const sweeps = async () => {
  const rows = await core.db
    .selectFrom("audit_record")
    .select("body")
    .where("kind", "=", "output.removed")
    .orderBy("arrival")
    .execute();
  return rows.map((row) => (JSON.parse(Buffer.from(row.body).toString("utf8")) as { data: object }).data);
};

test("output and events of a run go 90 days after its end; log, events and the run say so, what else is known of it stays", async () => {
  const old = await done();
  const before = await getRun(core.db, old);
  const cells = await listHostResults(core.db, old);
  core.advance(day);
  const young = await done("ok: [web2]\n", "failed");
  const records = await core.db.selectFrom("audit_record").selectAll().orderBy("arrival").execute();

  core.advance(89 * day);
  expect(await tend()).toBe(1);
  expect(await removedOf(old)).toBeNull();
  core.advance(60_000);
  await tend();

  const reason = "removed after 90 days on 2027-02-20";
  const at = "2027-02-20T12:01:00.000Z";
  expect(await removedOf(old)).toEqual({ at, reason, bytes: expect.any(Number) });
  expect(await logOf(old)).toEqual({
    text: "",
    next: 0,
    end: true,
    removed: { at, reason, bytes: expect.any(Number) },
  });
  expect(await eventsOf(old)).toEqual([
    {
      topic: topicOf(old),
      seq: before.lastSeq,
      at,
      type: "events.removed",
      data: { through: before.lastSeq, reason },
    },
  ]);
  expect(await stored(topicOf(old))).toBe(0);
  expect(await getRun(core.db, old)).toEqual({ ...before, removed: await removedOf(old) });
  expect(await listHostResults(core.db, old)).toEqual(cells);
  expect(cells).toHaveLength(1);
  expect((await listRuns(core.db, { limit: 5 })).items.map((run) => run.removed === null)).toEqual([
    true,
    false,
  ]);
  expect((await logOf(young)).text).toBe("ok: [web2]\n");
  expect(await eventsOf(young)).toHaveLength((await getRun(core.db, young)).lastSeq);
  const now = await core.db.selectFrom("audit_record").selectAll().orderBy("arrival").execute();
  expect(now.slice(0, records.length)).toEqual(records);
  expect(now.slice(records.length).map((record) => record.kind)).toEqual(["output.removed"]);
});

test("each sweep that removed something is recorded once, with how many runs and bytes", async () => {
  const first = await done(noise(50_000));
  await done(noise(30_000));
  await tend();
  expect(await sweeps()).toEqual([]);

  core.advance(91 * day);
  await tend();
  await tend();
  const [sweep, ...others] = await sweeps();
  expect(others).toEqual([]);
  expect(sweep).toEqual({
    rule: "age",
    keep: { days: 90, bytes: 20e9 },
    runs: 2,
    bytes: expect.any(Number),
    ended_until: "2026-11-22T12:00:00.000Z",
  });
  const { bytes } = sweep as { bytes: number };
  expect(bytes).toBeGreaterThan(80_000);
  expect(bytes).toBeLessThan(90_000);
  expect((await removedOf(first))?.bytes).toBeGreaterThan(50_000);
});

test("beyond the size the oldest ended runs go first, and no more of them than it takes", async () => {
  const runs: string[] = [];
  for (let each = 0; each < 5; each++) {
    runs.push(await done(noise(100_000)));
    core.advance(60_000);
  }
  await tend({ bytes: 350_000 });

  const removed = await Promise.all(runs.map(removedOf));
  expect(removed.map((each) => each?.reason)).toEqual([
    "removed on 2026-11-22, because more than 350,000 bytes were stored",
    "removed on 2026-11-22, because more than 350,000 bytes were stored",
    undefined,
    undefined,
    undefined,
  ]);
  expect(await sweeps()).toMatchObject([{ rule: "size", runs: 2 }]);
  await tend({ bytes: 350_000 });
  expect(await sweeps()).toHaveLength(1);
  expect((await logOf(runs[2] ?? "")).text).toHaveLength(100_000);
});

test("what still runs counts, but only ended runs give way to it", async () => {
  const old = await done(noise(100_000));
  core.advance(60_000);
  const { runId, order } = await begin();
  await tell({ type: "work_output", payload: { ...keyOf(order), offset: 0, text: noise(100_000) } });
  await tend({ bytes: 150_000 });
  expect(await removedOf(old)).not.toBeNull();
  await tend({ bytes: 1 });
  expect(await removedOf(runId)).toBeNull();
  expect((await logOf(runId)).text).toHaveLength(100_000);
});

test("nothing of a run under way, a paused one, one of unknown end or a preview that a person still has to look at is removed", async () => {
  const stopped = await begin([["web1"], ["web1"]], [1]);
  await end(stopped.order, "first\n");
  await end(await take(), "preview\n");
  const [stop] = (await getRun(core.db, stopped.runId)).stops;
  const preview = stop?.previewRunId ?? "";
  expect(await getRun(core.db, preview)).toMatchObject({ state: "succeeded", purpose: "preview" });
  const paused = await begin([["web2"], ["web2"]]);
  await pauseRun(core.deps, ada, { id: paused.runId, reason: null });
  await end(paused.order, "half\n");
  const unknown = await begin([["web3"]]);
  await end(unknown.order, "lost\n", "unknown");
  const running = await begin([["web4"]]);
  const all = [stopped.runId, preview, paused.runId, unknown.runId, running.runId];
  const states = await Promise.all(all.map(async (id) => (await getRun(core.db, id)).state));
  expect(states).toEqual(["paused", "succeeded", "paused", "unknown", "running"]);

  core.advance(1_000 * day);
  await tend({ days: 1, bytes: 1 });
  expect(await Promise.all(all.map(removedOf))).toEqual([null, null, null, null, null]);
  expect(await sweeps()).toEqual([]);
  for (const id of all) expect(await eventsOf(id)).toHaveLength((await getRun(core.db, id)).lastSeq);
});

test("from the record on nobody reads what was removed, also when the server is killed before the rows are gone", async () => {
  const runId = await done(noise(700_000));
  const { lastSeq } = await getRun(core.db, runId);
  const rows = await stored(topicOf(runId));
  core.advance(91 * day);
  expect(await countEnded(core.db, 10)).toBe(1);
  expect(await tendRetention({ ...core.deps, keep: usual })).toBe(0);

  // The rows are all there, as they are after a kill at this moment.
  expect(await stored(topicOf(runId))).toBe(rows);
  expect(await sweeps()).toHaveLength(1);
  expect(await logOf(runId)).toMatchObject({ text: "", end: true, removed: { at: expect.any(String) } });
  expect((await eventsOf(runId)).map(({ seq, type }) => ({ seq, type }))).toEqual([
    { seq: lastSeq, type: "events.removed" },
  ]);
  expect(await eventsOf(runId, 3)).toHaveLength(1);
  expect(await eventsOf(runId, lastSeq)).toEqual([]);

  await tend();
  expect(await stored(topicOf(runId))).toBe(0);
  expect(await sweeps()).toHaveLength(1);
  expect(await purgeSome(core.db)).toBe(false);
});

test("many runs go in pieces, and each piece is a sweep of its own", async () => {
  const runId = await done();
  const { lastSeq } = await getRun(core.db, runId);
  for (let copy = 0; copy < 249; copy++) await copyRun(runId);
  core.advance(91 * day);
  const pieces = await tend();
  expect(pieces).toBeGreaterThan(250);
  expect((await sweeps()).map((sweep) => (sweep as { runs: number }).runs)).toEqual([100, 100, 50]);
  expect(
    (await core.db.selectFrom("event").select("seq").where("topic", "like", "run:%").execute()).length,
  ).toBe(0);
  expect(await eventsOf(runId)).toMatchObject([{ seq: lastSeq, type: "events.removed" }]);
});

/** Another run that ended at the same time with the same events. */
async function copyRun(runId: string): Promise<void> {
  const id = randomUUID();
  const [run, topic, events] = await Promise.all([
    core.db.selectFrom("run").selectAll().where("id", "=", runId).executeTakeFirstOrThrow(),
    core.db.selectFrom("topic").selectAll().where("name", "=", topicOf(runId)).executeTakeFirstOrThrow(),
    core.db.selectFrom("event").selectAll().where("topic", "=", topicOf(runId)).execute(),
  ]);
  const { kept_bytes: _kept, removed: _removed, ...columns } = run;
  await core.db
    .insertInto("run")
    .values({ ...columns, id, purpose: "preview", approval: JSON.stringify(run.approval) } as never)
    .execute();
  await core.db
    .insertInto("topic")
    .values({ name: topicOf(id), last_seq: topic.last_seq })
    .execute();
  await core.db
    .insertInto("event")
    .values(events.map((event) => ({ ...event, topic: topicOf(id), data: JSON.stringify(event.data) })))
    .execute();
}

test("old hints of other topics go too: who was away gets one event for them, then every newer one without a gap", async () => {
  const hint = (count: number) =>
    core.db.transaction().execute((tx) =>
      appendEvents(tx, "inbox", {
        at: core.deps.clock.now(),
        bodies: Array.from({ length: count }, () => ({
          type: "inbox.changed" as const,
          data: { planId: randomUUID() },
        })),
      }),
    );
  await hint(1_200);
  core.advance(60 * day);
  await hint(3);
  core.advance(31 * day);
  await tend();

  const read = async (after: number, limit = 100) =>
    (await readEvents(core.db, "inbox", { after, limit })).map(({ seq, type }) => `${seq} ${type}`);
  const rest = ["1201 inbox.changed", "1202 inbox.changed", "1203 inbox.changed"];
  expect(await read(0)).toEqual(["1200 events.removed", ...rest]);
  expect(await read(7, 2)).toEqual(["1200 events.removed", "1201 inbox.changed"]);
  expect(await read(1_200)).toEqual(rest);
  expect(await read(1_201)).toEqual(rest.slice(1));
  expect(await stored("inbox")).toBe(3);
  expect(await sweeps()).toEqual([]);

  await hint(1);
  expect(await read(1_203)).toEqual(["1204 inbox.changed"]);
});
