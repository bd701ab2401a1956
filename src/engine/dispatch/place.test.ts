import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues, type Message, type WorkRequest } from "../../contracts/agent-protocol.ts";
import type { Priority } from "../../contracts/vocabulary.ts";
import { drainAgent } from "../agents/drain.ts";
import { sweepSilentAgents } from "../agents/heartbeat.ts";
import { applyRunEvent } from "../run/apply.ts";
import { getRun } from "../run/view-sql.ts";
import { createRunOf, createTestCore, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "../track/handle.ts";
import { placeReadyTasks } from "./place.ts";
import { tellWaiting } from "./tell-waiting.ts";

let core: TestCore;
const agent = randomUUID();
beforeEach(async () => {
  core = await createTestCore();
  await tell(heartbeatOf(agent));
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

const tell = (message: Message) => handleAgentMessage(core.deps, fromAgent(agent, message));

type Steps = Parameters<typeof createRunOf>[1]["steps"];

/** Runs are a second apart, so that they have an order. */
async function ask(steps: Steps, priority: Priority = 3): Promise<string> {
  core.advance(1_000);
  return (await createRunOf(core, { steps, priority })).runId;
}
const on = (...hosts: string[]): Steps => [{ hosts }];
const serviceOn = (host: string, service: string): Steps => [
  { hosts: [host], services: [service], parallel: "service" },
];
const readOn = (host: string): Steps => [{ hosts: [host], parallel: "read" }];

const tasksOf = async (runId: string) => (await getRun(core.db, runId)).tasks;
const stateOf = async (runId: string) => (await tasksOf(runId)).map((task) => task.state).join();
const reasonOf = async (runId: string) => (await tasksOf(runId))[0]?.reason;
const short = (runId: string) => runId.slice(0, 8);

async function place(): Promise<void> {
  await placeReadyTasks(core.deps);
  while (await tellWaiting(core.deps));
}

async function ordersOf(): Promise<WorkRequest[]> {
  const rows = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agent))
    .orderBy("id")
    .execute();
  return rows.flatMap(({ envelope }) => (envelope.type === "work_request" ? [envelope.payload] : []));
}

/** The agent does what it was given of this run. */
async function finish(runId: string): Promise<void> {
  const order = (await ordersOf()).findLast((each) => each.run_id === runId);
  if (!order) throw new Error("the run was not placed");
  const key = { task_id: order.task_id, attempt: order.attempt, fence: order.fence };
  await tell({ type: "work_accepted", payload: { ...key, agent_id: agent } });
  const resources_used = { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 };
  const end = { exit_code: 0, error: null, recap: null, output_length: 0, progress_count: 0, resources_used };
  await tell({ type: "work_result", payload: { ...key, outcome: "succeeded", ...end } });
}

test("urgent runs are placed first, then the oldest", async () => {
  const holder = await ask(on("web1"));
  await place();
  const runs = [
    await ask(on("web1"), 2),
    await ask(on("web1")),
    await ask(on("web1")),
    await ask(on("web1"), 5),
  ];
  let last = holder;
  const order: number[] = [];
  for (const _ of runs) {
    await finish(last);
    await place();
    const states = await Promise.all(runs.map(stateOf));
    order.push(states.indexOf("leased"));
    last = runs[states.indexOf("leased")] ?? "";
  }
  expect(order).toEqual([3, 1, 2, 0]);
});

test("a run that has waited for long enough goes before a new one that is more urgent", async () => {
  const holder = await ask(on("web1"));
  await place();
  const patient = await ask(on("web1"), 1);
  core.advance(4 * core.deps.waits.agePriority);
  await tell(heartbeatOf(agent));
  const urgent = await ask(on("web1"), 5);
  await finish(holder);
  await place();
  expect([await stateOf(patient), await stateOf(urgent)]).toEqual(["leased", "ready"]);
});

test("a run that waits for a host does not hold up others, and keeps its place on its other hosts", async () => {
  const holder = await ask(on("web1"));
  await place();
  const big = await ask(on("web1", "web2"));
  const [small, other] = [await ask(on("web2")), await ask(on("web3"))];
  await place();
  expect(await Promise.all([big, small, other].map(stateOf))).toEqual(["ready", "ready", "leased"]);
  expect(await reasonOf(big)).toBe(`waiting for host web1: locked by run ${short(holder)}, place 1 of 1`);
  expect(await reasonOf(small)).toBe(`waiting for host web2: run ${short(big)} comes first, place 2 of 2`);
  await finish(holder);
  await place();
  expect(await Promise.all([big, small].map(stateOf))).toEqual(["leased", "ready"]);
});

test("a cancelled run gives up its place in the queue, and those behind it are looked at", async () => {
  await ask(on("web1"));
  await place();
  const big = await ask(on("web1", "web2"));
  const small = await ask(on("web2"));
  await place();
  await core.db
    .transaction()
    .execute((tx) => applyRunEvent(core.deps, tx, { runId: big, event: { type: "cancel", reason: "no" } }));
  await place();
  expect(await stateOf(small)).toBe("leased");
});

test("independent steps of a run go at once on different hosts, one after the other on the same", async () => {
  const run = await ask([{ hosts: ["web1"] }, { hosts: ["web2"] }, { hosts: ["web1"] }]);
  await place();
  expect(await stateOf(run)).toBe("leased,leased,ready");
  expect((await tasksOf(run))[2]?.reason).toBe(
    "waiting for host web1: step 1 of this run works there, place 1 of 1",
  );
});

test("steps that let other services in share a host; the same service, the whole host and readers wait", async () => {
  const nginx = await ask(serviceOn("web1", "nginx"));
  const redis = await ask(serviceOn("web1", "redis"));
  const again = await ask(serviceOn("web1", "nginx"));
  await place();
  expect(await Promise.all([nginx, redis, again].map(stateOf))).toEqual(["leased", "leased", "ready"]);
  expect(await reasonOf(again)).toBe(
    `waiting for host web1 (nginx): locked by run ${short(nginx)}, place 1 of 1`,
  );
  const [whole, reading] = [await ask(on("web1")), await ask(readOn("web1"))];
  await finish(nginx);
  await place();
  expect(await Promise.all([again, whole, reading].map(stateOf))).toEqual(["leased", "ready", "ready"]);
});

test("steps that only read share a host with each other, and not with one that changes it", async () => {
  const readers = [await ask(readOn("web1")), await ask(readOn("web1"))];
  const writer = await ask(on("web1"));
  const late = await ask(readOn("web1"));
  await place();
  expect(await Promise.all([...readers, writer, late].map(stateOf))).toEqual([
    "leased",
    "leased",
    "ready",
    "ready",
  ]);
  for (const reader of readers) await finish(reader);
  await place();
  expect(await Promise.all([writer, late].map(stateOf))).toEqual(["leased", "ready"]);
});

test("an agent has no more attempts than it may; the others say so and their place", async () => {
  const runs: string[] = [];
  for (let at = 0; at < 6; at += 1) runs.push(await ask(on(`web${at}`)));
  await place();
  expect(await Promise.all(runs.map(stateOf))).toEqual([...Array(4).fill("leased"), "ready", "ready"]);
  expect(await Promise.all(runs.slice(4).map(reasonOf))).toEqual([
    "waiting for an agent: box runs 4 of 4, place 1 of 2",
    "waiting for an agent: box runs 4 of 4, place 2 of 2",
  ]);
  await finish(runs[0] ?? "");
  await place();
  expect(await Promise.all(runs.slice(4).map(stateOf))).toEqual(["leased", "ready"]);
  expect(await reasonOf(runs[5] ?? "")).toBe("waiting for an agent: box runs 4 of 4, place 1 of 1");
});

test("when the last agent goes, whoever waits is told", async () => {
  core.advance(core.deps.waits.silence + 1);
  await sweepSilentAgents(core.deps);
  const run = await ask(on("web1"));
  await place();
  expect(await reasonOf(run)).toBe(
    "waiting for an agent that executes Ansible: none is online, place 1 of 1",
  );
});

test("an agent that is drained ends what it runs and gets nothing new, until it is to get work again; each is recorded once", async () => {
  const caller = { actor: { kind: "user" as const, name: "ada", id: randomUUID() }, strong: true };
  const drain = (draining: boolean) =>
    drainAgent(core.deps, caller, { id: agent, draining, reason: "new disk" });
  const running = await ask(on("web1"));
  await place();
  await drain(true);
  await drain(true);
  const waiting = await ask(on("web2"));
  await place();
  expect(await stateOf(running)).toBe("leased");
  expect(await stateOf(waiting)).toBe("ready");
  expect(await reasonOf(waiting)).toContain("takes no new work now, place 1 of 1");
  await finish(running);
  await place();
  expect(await stateOf(running)).toBe("succeeded");
  expect(await stateOf(waiting)).toBe("ready");
  // A sign of life does not end it.
  await tell(heartbeatOf(agent));
  await place();
  expect(await stateOf(waiting)).toBe("ready");

  await drain(false);
  await place();
  expect(await stateOf(waiting)).toBe("leased");
  const records = await core.db
    .selectFrom("audit_record")
    .select("body")
    .where("kind", "in", ["agent.drained", "agent.undrained"])
    .orderBy("arrival")
    .execute();
  const data = { agent_id: agent, reason: "new disk" };
  expect(records.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as unknown)).toMatchObject([
    { kind: "agent.drained", data },
    { kind: "agent.undrained", data },
  ]);
});

test("a waiting run is told again only when its place or its reason is another one", async () => {
  const holder = await ask(on("web1"));
  await place();
  const [first, second] = [await ask(on("web1")), await ask(on("web1"))];
  await place();
  const told = async () =>
    await core.db.selectFrom("event").select("seq").where("topic", "=", `run:${second}`).execute();
  const before = (await told()).length;
  await place();
  await ask(on("web1"));
  await place();
  expect((await told()).length).toBe(before);
  await finish(holder);
  await place();
  expect(await stateOf(first)).toBe("leased");
  expect(await reasonOf(second)).toBe(`waiting for host web1: locked by run ${short(first)}, place 1 of 2`);
  expect((await told()).length).toBeGreaterThan(before);
});

test("a long queue is told piece by piece, and a free host behind it is found", async () => {
  const holder = await ask(on("web1"));
  await place();
  for (let at = 0; at < 130; at += 1) await ask(on("web1"));
  const last = await ask(on("web2"));
  await placeReadyTasks(core.deps);
  expect(await stateOf(last)).toBe("leased");
  let rounds = 1;
  while (await tellWaiting(core.deps)) rounds += 1;
  expect(rounds).toBe(4);
  const rows = await core.db.selectFrom("task").select("reason").where("state", "=", "ready").execute();
  expect(rows.filter((row) => row.reason?.includes(`locked by run ${short(holder)}`))).toHaveLength(10);
  expect(rows.filter((row) => row.reason?.endsWith(": more than 10 come before it"))).toHaveLength(90);
  expect(rows.filter((row) => row.reason?.endsWith(": more than 100 come before it"))).toHaveLength(30);
});
