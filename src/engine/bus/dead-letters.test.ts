import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues, type Envelope } from "../../contracts/agent-protocol.ts";
import type { DeadMessage } from "../../ports/bus.ts";
import { caller } from "../request/testing.ts";
import { createTestCore, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { discardDeadLetter, keepDeadMessage, listDeadLetters, replayDeadLetter } from "./dead-letters.ts";
import { bury, publish, takeDue } from "./sql.ts";

let core: TestCore;

beforeEach(async () => {
  core = await createTestCore();
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

const deadOf = (queue: string, envelope: Envelope): DeadMessage => ({
  queue,
  reason: "delivery_limit",
  problem: null,
  body: JSON.stringify(envelope),
});

/** As the server sends one. */
const order = (): Envelope =>
  fromAgent("server", {
    type: "control",
    payload: { task_id: randomUUID(), attempt: 1, fence: 1, command: "cancel", reason: "enough" },
  });

async function due(queue: string): Promise<Envelope[]> {
  const now = core.deps.clock.now();
  const found = await takeDue(core.db, {
    queues: [queue],
    now,
    hiddenUntil: new Date(now.getTime() + 1),
    limit: 9,
  });
  return found.map(({ envelope }) => envelope);
}

async function listRecords(): Promise<unknown[]> {
  const rows = await core.db
    .selectFrom("audit_record")
    .select(["kind", "actor_name"])
    .orderBy("id")
    .execute();
  return rows.filter((row) => row.kind.startsWith("dead-letter."));
}

async function only() {
  const [letter, ...more] = await listDeadLetters(core.db);
  expect(more).toEqual([]);
  if (letter === undefined) throw new Error("no dead letter");
  return letter;
}

test("[MSG-01] what an agent has sent and this server could not take is seen, and taken when it is replayed", async () => {
  const agentId = randomUUID();
  const beat = fromAgent(agentId, heartbeatOf(agentId));
  await keepDeadMessage(core.deps, deadOf(queues.heartbeat, beat));
  const letter = await only();
  expect(letter).toMatchObject({
    queue: queues.heartbeat,
    reason: "delivery_limit",
    problem: null,
    type: "heartbeat",
    from: agentId,
    replayedAt: null,
  });

  await replayDeadLetter(core.deps, caller, letter.id);

  expect(await core.db.selectFrom("agent").select("id").execute()).toEqual([{ id: agentId }]);
  expect(await only()).toMatchObject({ replayedAt: core.deps.clock.now().toISOString(), replayedBy: "ada" });
  expect(await listRecords()).toEqual([{ kind: "dead-letter.replayed", actor_name: "ada" }]);
  await expect(replayDeadLetter(core.deps, caller, letter.id)).rejects.toThrow(/given out again already/);

  // The same message, dead again.
  core.advance(1_000);
  await keepDeadMessage(core.deps, deadOf(queues.heartbeat, beat));
  expect(await only()).toMatchObject({
    id: letter.id,
    at: core.deps.clock.now().toISOString(),
    replayedAt: null,
  });
});

test("an order that its agent could not take goes out again by the outbox, once", async () => {
  const agentId = randomUUID();
  const queue = queues.control(agentId);
  const message = order();
  await keepDeadMessage(core.deps, deadOf(queue, message));

  await replayDeadLetter(core.deps, caller, (await only()).id);

  expect(await due(queue)).toEqual([message]);
});

test("what is no message, or names a wrong sender, is seen and thrown away, never replayed", async () => {
  await keepDeadMessage(core.deps, {
    queue: queues.result,
    reason: "rejected",
    problem: "it is no JSON",
    body: `no\0 message ${"x".repeat(100_000)}`,
  });
  const letter = await only();
  expect(letter).toMatchObject({ type: null, from: null, problem: "it is no JSON" });
  expect(letter.excerpt).toHaveLength(2_000);

  await expect(replayDeadLetter(core.deps, caller, letter.id)).rejects.toThrow(/it is no JSON/);
  await discardDeadLetter(core.deps, caller, letter.id);

  expect(await listDeadLetters(core.db)).toEqual([]);
  expect(await listRecords()).toEqual([{ kind: "dead-letter.discarded", actor_name: "ada" }]);
  await expect(discardDeadLetter(core.deps, caller, letter.id)).rejects.toThrow(/no dead letter/);
});

test("a result of nobody's attempt is refused with the reason, and stays", async () => {
  const agentId = randomUUID();
  const accepted = { task_id: randomUUID(), attempt: 1, fence: 1, agent_id: agentId };
  await keepDeadMessage(
    core.deps,
    deadOf(queues.result, fromAgent(agentId, { type: "work_accepted", payload: accepted })),
  );

  await expect(replayDeadLetter(core.deps, caller, (await only()).id)).rejects.toThrow(/can never be taken/);

  expect(await only()).toMatchObject({ replayedAt: null });
  expect(await listRecords()).toEqual([]);
});

test("messages that the outbox gave up stand in the same list, are sent again or thrown away", async () => {
  const queue = queues.work(randomUUID());
  const message = order();
  for (const envelope of [message, order()])
    await core.db.transaction().execute((tx) => publish(tx, queue, { envelope, at: core.deps.clock.now() }));
  for (const { id } of await core.db.selectFrom("outbox").select("id").execute())
    await bury(core.db, id, "not taken after 1000 tries");
  const [first, second] = (await listDeadLetters(core.db)).toSorted((a, b) => a.id.localeCompare(b.id));
  expect(first).toMatchObject({
    id: "outbox-1",
    queue,
    reason: "not taken after 1000 tries",
    type: "control",
  });

  await replayDeadLetter(core.deps, caller, first?.id ?? "");
  await discardDeadLetter(core.deps, caller, second?.id ?? "");

  expect(await listDeadLetters(core.db)).toEqual([]);
  expect(await due(queue)).toEqual([message]);
  expect(await listRecords()).toHaveLength(2);
  await expect(replayDeadLetter(core.deps, caller, "outbox-1")).rejects.toThrow(/no dead letter/);
});
