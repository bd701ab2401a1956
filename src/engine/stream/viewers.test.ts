import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues } from "../../contracts/agent-protocol.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { createTestCore, createTestRun, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "../track/handle.ts";
import { createHub, type Hub } from "./hub.ts";
import { createViewers } from "./viewers.ts";

const agent = randomUUID();
let core: TestCore;
let hub: Hub;
let watch: Hub["watch"];
let polled: (topic: string) => void;
beforeEach(async () => {
  core = await createTestCore();
  await handleAgentMessage(core.deps, fromAgent(agent, heartbeatOf(agent)));
  hub = createHub();
  const onError = (error: unknown) => {
    throw error;
  };
  ({ watch, polled } = createViewers({ ...core.deps, hub, onError }));
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

async function told(): Promise<unknown[]> {
  const rows = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.control(agent))
    .orderBy("id")
    .execute();
  return rows.flatMap(({ envelope }) => (envelope.type === "control" ? [envelope.payload] : []));
}

async function startAttempt(): Promise<{ task_id: string; attempt: number; fence: number }> {
  await placeReadyTasks(core.deps);
  const { envelope } = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agent))
    .executeTakeFirstOrThrow();
  if (envelope.type !== "work_request") throw new Error("no order");
  const { task_id, attempt, fence } = envelope.payload;
  const payload = { task_id, attempt, fence, agent_id: agent };
  await handleAgentMessage(core.deps, fromAgent(agent, { type: "work_accepted", payload }));
  return { task_id, attempt, fence };
}

test("the agent of a running attempt hears when a viewer comes, and again while the run writes, but not for each piece", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  const key = await startAttempt();
  let hints = 0;
  const leave = watch(`run:${runId}`, () => void hints++);
  const word = { ...key, command: "watch", reason: expect.any(String) };
  await expect.poll(told).toEqual([word]);

  for (let piece = 0; piece < 20; piece++) hub.hint(`run:${runId}`);
  core.advance(2_000);
  for (let piece = 0; piece < 20; piece++) hub.hint(`run:${runId}`);
  await expect.poll(told).toEqual([word, word]);
  expect(hints).toBe(40);

  leave();
  core.advance(2_000);
  hub.hint(`run:${runId}`);
  expect(hints).toBe(40);
  expect(await told()).toHaveLength(2);
});

test("a viewer who came before the attempt began is told of with the first thing that the run writes", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  watch(`run:${runId}`, () => {});
  const key = await startAttempt();
  expect(await told()).toEqual([]);

  core.advance(2_000);
  hub.hint(`run:${runId}`);
  await expect.poll(told).toEqual([{ ...key, command: "watch", reason: expect.any(String) }]);
});

test("who asks again and again without a live connection watches too", async () => {
  const { runId } = await createTestRun(core, [["web1"]]);
  const key = await startAttempt();
  for (let ask = 0; ask < 5; ask++) polled(`run:${runId}`);
  await expect.poll(told).toEqual([{ ...key, command: "watch", reason: expect.any(String) }]);
});

test("other topics are watched without a word to anybody", async () => {
  await createTestRun(core, [["web1"]]);
  await startAttempt();
  let hints = 0;
  watch("inbox", () => void hints++);
  polled("agents");
  hub.hint("inbox");
  expect(hints).toBe(1);
  expect(await told()).toEqual([]);
});
