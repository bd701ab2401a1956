import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queues, type Envelope, type WorkRequest } from "../../contracts/agent-protocol.ts";
import { chooseExecutor } from "../../domain/queue/queue.ts";
import type { Verdict } from "../../ports/bus.ts";
import { findExecutor, listExecutors } from "../dispatch/sql.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { applyRunEvent } from "../run/apply.ts";
import { readEvents } from "../stream/sql.ts";
import { createRunOf, createTestCore, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { createMessageHandler } from "./handle.ts";

let core: TestCore;
let take: (envelope: Envelope) => Promise<Verdict>;
const agent = randomUUID();
beforeEach(async () => {
  core = await createTestCore();
  take = createMessageHandler(core.deps);
  await take(fromAgent(agent, heartbeatOf(agent)));
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

/** A run of steps that do not wait for each other, begun by the agent: its orders, by step. */
async function begin(...hosts: string[]): Promise<WorkRequest[]> {
  const { runId } = await createRunOf(core, { steps: hosts.map((host) => ({ hosts: [host] })) });
  await placeReadyTasks(core.deps);
  const rows = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agent))
    .execute();
  const orders = rows.flatMap(({ envelope }) => (envelope.type === "work_request" ? [envelope.payload] : []));
  const own = orders.filter((order) => order.run_id === runId);
  for (const order of own)
    await take(fromAgent(agent, { type: "work_accepted", payload: { ...keyOf(order), agent_id: agent } }));
  return own.toSorted((a, b) => a.parameters.step.step - b.parameters.step.step);
}

const keyOf = ({ task_id, attempt, fence }: WorkRequest) => ({ task_id, attempt, fence });

const output = (order: WorkRequest, offset: number, text: string): Envelope =>
  fromAgent(agent, { type: "work_output", payload: { ...keyOf(order), offset, text } });

/** Sends all of them so that they share one batch: the first one is a batch of its own, and under way. */
async function together(first: Envelope, ...rest: Envelope[]): Promise<Verdict[]> {
  const begun = take(first);
  return (await Promise.all([begun, ...rest.map((each) => take(each))])).slice(1);
}

/** Text and places of the output of a run, as it is stored; its events have no gap. */
async function outputOf(order: WorkRequest): Promise<{ text: string; from: number }[]> {
  const topic = `run:${order.run_id}`;
  const events = await readEvents(core.db, topic, { after: 0, limit: 1_000 });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_each, at) => at + 1));
  const rows = await core.db
    .selectFrom("event")
    .select("output_from")
    .where("topic", "=", topic)
    .orderBy("seq")
    .execute();
  return events.flatMap((event, at) =>
    event.type === "output" ? [{ text: event.data.text, from: rows[at]?.output_from ?? -1 }] : [],
  );
}

test("output of many runs shares a statement; each piece is taken, refused or put off by itself", async () => {
  const [[first], [second], [third]] = [await begin("a"), await begin("b"), await begin("c")];
  if (first === undefined || second === undefined || third === undefined) throw new Error("no orders");
  const verdicts = await together(
    output(first, 0, "first "),
    output(first, 6, "run\n"),
    output(second, 0, "second run\n"),
    output(third, 50, "too early\n"),
    output({ ...second, fence: second.fence + 100 }, 0, "of another fence"),
    { ...output(third, 0, "of another agent"), from_agent: randomUUID() },
    output(second, 0, "second run\n"),
    output(third, 0, "third"),
  );
  expect(verdicts).toEqual(["ack", "ack", "retry", "dead", "dead", "ack", "ack"]);
  expect(await outputOf(first)).toEqual([
    { text: "first ", from: 0 },
    { text: "run\n", from: 6 },
  ]);
  expect(await outputOf(second)).toEqual([{ text: "second run\n", from: 0 }]);
  expect(await outputOf(third)).toEqual([{ text: "third", from: 0 }]);
});

test("pieces of two steps of one run in one statement get places and numbers one after the other", async () => {
  const [one, other] = await begin("a", "b");
  const [warm] = await begin("c");
  if (one === undefined || other === undefined || warm === undefined) throw new Error("no orders");
  const verdicts = await together(output(warm, 0, "x"), output(one, 0, "one\n"), output(other, 0, "other\n"));
  expect(verdicts).toEqual(["ack", "ack"]);
  expect(await outputOf(one)).toEqual([
    { text: "one\n", from: 0 },
    { text: "other\n", from: 4 },
  ]);
  const topic = await core.db
    .selectFrom("topic")
    .select("output_length")
    .where("name", "=", `run:${one.run_id}`)
    .executeTakeFirstOrThrow();
  expect(topic.output_length).toBe(10);
});

test("the order of one run is kept when several of its pieces wait at once", async () => {
  const [order] = await begin("a");
  if (order === undefined) throw new Error("no order");
  const letters = "abcdefghij".split("");
  await together(output(order, 0, "a"), ...letters.slice(1).map((text, at) => output(order, at + 1, text)));
  // What came too early is sent again, as an agent does.
  for (const [at, text] of letters.entries()) expect(await take(output(order, at, text))).toBe("ack");
  expect((await outputOf(order)).map(({ text }) => text).join("")).toBe("abcdefghij");
});

test("a piece that the database refuses fails alone", async () => {
  const [[first], [second], [third]] = [await begin("a"), await begin("b"), await begin("c")];
  if (first === undefined || second === undefined || third === undefined) throw new Error("no orders");
  await sql`ALTER TABLE event ADD CONSTRAINT no_poison CHECK (data ->> 'text' NOT LIKE '%poison%')`.execute(
    core.db,
  );
  const warm = take(output(first, 0, "warm"));
  const answers = await Promise.allSettled([
    take(output(second, 0, "poison")),
    take(output(first, 4, " and on")),
    take(output(third, 0, "third")),
  ]);
  await warm;
  expect(answers.map((each) => (each.status === "fulfilled" ? each.value : each.status))).toEqual([
    "rejected",
    "ack",
    "ack",
  ]);
  expect(await outputOf(second)).toEqual([]);
  expect((await outputOf(first)).map(({ text }) => text)).toEqual(["warm", " and on"]);
  expect((await outputOf(third)).map(({ text }) => text)).toEqual(["third"]);
});

test("nothing of a batch is acknowledged before it is committed", async () => {
  const [[first], [second]] = [await begin("a"), await begin("b")];
  if (first === undefined || second === undefined) throw new Error("no orders");
  const answered: string[] = [];
  await core.db.transaction().execute(async (tx) => {
    await sql`SELECT FROM topic WHERE name = ${`run:${second.run_id}`} FOR UPDATE`.execute(tx);
    // A batch of its own, which waits for the row; behind it the other one.
    void take(output(second, 0, "second")).then(() => answered.push("second"));
    void take(output(first, 0, "first")).then(() => answered.push("first"));
    await expect
      .poll(async () => {
        const { rows } = await sql<{ waits: number }>`
          SELECT count(*)::integer AS waits FROM pg_locks WHERE NOT granted`.execute(tx);
        return rows[0]?.waits;
      })
      .toBe(1);
    expect(answered).toEqual([]);
    expect(await outputOf(second)).toEqual([]);
  });
  await expect.poll(() => answered).toEqual(["second", "first"]);
  expect(await outputOf(second)).toEqual([{ text: "second", from: 0 }]);
});

test("leases are renewed for many at once; what is over, not its own, repeated, or to be stopped goes its usual way", async () => {
  const orders = [...(await begin("a", "b", "c")), ...(await begin("d"))];
  const [first, second, third, stopping] = orders;
  if (first === undefined || second === undefined || third === undefined || stopping === undefined)
    throw new Error("no orders");
  const until = async () => {
    const rows = await core.db.selectFrom("attempt").select(["task_id", "lease_until"]).execute();
    return orders.map(
      (order) =>
        (rows.find((row) => row.task_id === order.task_id)?.lease_until.getTime() ?? 0) -
        core.deps.clock.now().getTime(),
    );
  };
  const renewal = (order: WorkRequest): Envelope =>
    fromAgent(agent, { type: "lease_renew", payload: { ...keyOf(order), expires_at: null } });
  const { silence } = core.deps.waits;
  const repeated = renewal(second);
  expect(await take(repeated)).toBe("ack");
  await core.db
    .transaction()
    .execute((tx) =>
      applyRunEvent(core.deps, tx, { runId: stopping.run_id, event: { type: "cancel", reason: "enough" } }),
    );
  await core.db.deleteFrom("outbox").execute();
  core.advance(10_000);
  const verdicts = await together(
    renewal(first),
    repeated,
    renewal(third),
    renewal(stopping),
    { ...renewal(first), from_agent: randomUUID() },
    renewal({ ...first, fence: first.fence + 100 }),
  );
  expect(verdicts).toEqual(["ack", "ack", "ack", "dead", "dead"]);
  expect(await until()).toEqual([silence, silence - 10_000, silence, silence]);
  // Who is to stop is told so again.
  const told = await core.db.selectFrom("outbox").select("envelope").execute();
  expect(told.map(({ envelope }) => envelope.type === "control" && envelope.payload.task_id)).toEqual([
    stopping.task_id,
  ]);
  core.advance(10_000);
  expect(await take(renewal(second))).toBe("ack");
  expect((await until())[1]).toBe(silence);
});

test("heartbeats of many agents share a transaction; one that is refused changes nothing for the others", async () => {
  const [known, revoked, other, fresh] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  for (const id of [known, revoked, other]) await take(fromAgent(id, heartbeatOf(id)));
  await core.db
    .updateTable("agent")
    .set({ revoked_at: new Date(), status: "offline" })
    .where("id", "=", revoked)
    .execute();
  await core.db.updateTable("agent").set({ type: "desktop" }).where("id", "=", other).execute();
  core.advance(5_000);
  const verdicts = await together(
    fromAgent(agent, heartbeatOf(agent)),
    fromAgent(known, heartbeatOf(known)),
    fromAgent(revoked, heartbeatOf(revoked)),
    fromAgent(other, heartbeatOf(other)),
    fromAgent(fresh, heartbeatOf(fresh)),
    fromAgent(known, heartbeatOf(known, { leaving: true })),
  );
  expect(verdicts).toEqual(["ack", "dead", "dead", "ack", "ack"]);
  const rows = await core.db.selectFrom("agent").select(["id", "status", "last_seen_at"]).execute();
  const seen = (id: string) => {
    const row = rows.find((each) => each.id === id);
    return [row?.status, (row?.last_seen_at?.getTime() ?? 0) === core.deps.clock.now().getTime()];
  };
  expect([known, revoked, other, fresh].map(seen)).toEqual([
    ["offline", true],
    ["offline", false],
    ["online", false],
    ["online", true],
  ]);
  const kinds = await core.db.selectFrom("audit_record").select(["kind", "actor_id"]).execute();
  const told = (id: string) => kinds.filter((each) => each.actor_id === id).map(({ kind }) => kind);
  expect(told(known)).toEqual(["agent.joined", "agent.offline"]);
  expect(told(fresh)).toEqual(["agent.joined"]);
});

test("placement finds by an index the agent that the rule of the queue chooses", async () => {
  const agents = Array.from({ length: 12 }, () => randomUUID());
  for (const id of agents) await take(fromAgent(id, heartbeatOf(id)));
  await sql`UPDATE agent SET signing_key = 'k' WHERE id = ANY(${agents.slice(3)}::uuid[])`.execute(core.db);
  const chosen: (string | undefined)[] = [];
  for (let round = 0; round < 30; round += 1) {
    const here = round % 3 === 0;
    const expected = chooseExecutor(await listExecutors(core.db), 2, { here })?.id;
    const found = await findExecutor(core.db, { here, most: 2 });
    expect(found).toBe(expected);
    chosen.push(found);
    if (found === undefined) continue;
    const { runId } = await createRunOf(core, { steps: [{ hosts: [`host-${round}`] }] });
    await sql`
      INSERT INTO attempt (task_id, number, fence, agent_id, state, leased_at, lease_until)
      SELECT id, 1, nextval('fence'), ${found}, 'running', now(), now() FROM task WHERE run_id = ${runId}
    `.execute(core.db);
  }
  expect(chosen).toContain(undefined);
});
