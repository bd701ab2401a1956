import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalTransport } from "../adapters/bus/local.ts";
import {
  protocolVersion,
  queues,
  type Envelope,
  type Message,
  type WorkRequest,
} from "../contracts/agent-protocol.ts";
import { startExecutor, type Executor } from "./executor.ts";
import { createOrderStore, type OrderStore } from "./order-store.ts";
import { createServerLink } from "./server-link.ts";
import { bareDeps, orderOf } from "./testing/orders.ts";

const agentId = randomUUID();
const transport = createLocalTransport();
const errors: unknown[] = [];
let folder: string;
let orders: OrderStore;
let executor: Executor;
let server: Server;
let values: () => Promise<[]>;

interface Server extends AsyncDisposable {
  readonly seen: Envelope[];
  /** Resolves when the message of this type has come. */
  next(type: Envelope["type"]): Promise<Envelope>;
  answer: (envelope: Envelope) => void;
}

function listen(): Server {
  const seen: Envelope[] = [];
  const waiting: { type: string; resolve: (envelope: Envelope) => void }[] = [];
  const consumers = [queues.result, queues.log].map((queue) =>
    transport.consume(queue, { slots: 8 }, async (envelope) => {
      seen.push(envelope);
      for (const each of waiting) if (each.type === envelope.type) each.resolve(envelope);
      made.answer(envelope);
      return "ack";
    }),
  );
  const made: Server = {
    seen,
    next: (type) => new Promise((resolve) => waiting.push({ type, resolve })),
    answer: () => {},
    [Symbol.asyncDispose]: async () => {
      for (const consumer of consumers) await consumer[Symbol.asyncDispose]();
    },
  };
  return made;
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-agent-"));
  orders = createOrderStore(folder);
  values = () => Promise.resolve([]);
  errors.length = 0;
  server = listen();
  executor = await start();
});
afterEach(async () => {
  await executor[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function start(): Promise<Executor> {
  const clock = { now: () => new Date() };
  const link = createServerLink({ transport, clock, newId: randomUUID, agentId, resendAfter: 5 });
  const secrets = { values: () => values(), redacted: () => Promise.resolve([]) };
  const onError = (error: unknown) => errors.push(error);
  return startExecutor({ ...bareDeps, agentId, link, orders, secrets, onError }, transport);
}

function deliver(queue: string, message: Message) {
  const id = randomUUID();
  return transport.deliver(queue, {
    protocol_version: protocolVersion,
    message_id: id,
    from_agent: "server",
    to_agent: agentId,
    timestamp: "2026-11-22T12:00:00.000Z",
    trace_id: id,
    request_id: id,
    priority: 3,
    attempt: null,
    seq: null,
    x_custom_fields: {},
    signature: null,
    ...message,
  });
}

const send = (order: WorkRequest) => deliver(queues.work(agentId), { type: "work_request", payload: order });
const keyOf = ({ task_id, attempt, fence }: WorkRequest) => ({ task_id, attempt, fence });
const grant = (order: WorkRequest) =>
  deliver(queues.control(agentId), { type: "lease_renew", payload: { ...keyOf(order), expires_at: null } });
const deny = (order: WorkRequest) =>
  deliver(queues.control(agentId), {
    type: "error",
    payload: { ...keyOf(order), code: 5008, message: "over" },
  });
const control = (order: WorkRequest, command: "cancel" | "watch") =>
  deliver(queues.control(agentId), {
    type: "control",
    payload: { ...keyOf(order), command, reason: "enough" },
  });
const cancel = (order: WorkRequest) => control(order, "cancel");

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
const listLeft = async () => (await readdir(folder)).filter((name) => name !== ".done");
const nothingLeft = async () => executor.running().length === 0 && (await listLeft()).length === 0;

test("an order that comes twice at the same time begins one life", async () => {
  const order = orderOf();
  const held: string[] = [];
  const { hold } = orders;
  const watched = {
    ...orders,
    hold: (each: Parameters<typeof hold>[0]) => (held.push(each.marker), hold(each)),
  };
  await executor[Symbol.asyncDispose]();
  orders = watched;
  executor = await start();

  await Promise.all([send(order), send(order), send(order)]);
  expect(held).toHaveLength(1);
  expect(executor.running()).toEqual([order.task_id]);
  await deny(order);
  await until(nothingLeft);
});

test("a cancel that overtakes the grant is reported, so that the server does not wait for a result that never comes", async () => {
  const order = orderOf();
  const accepted = server.next("work_accepted");
  await send(order);
  await accepted;
  const result = server.next("work_result");

  await cancel(order);
  expect(executor.running()).toEqual([order.task_id]);
  await grant(order);

  expect((await result).payload).toMatchObject({
    outcome: "cancelled",
    error: { code: 5102 },
    output_length: 0,
  });
  await until(nothingLeft);
});

test("the word that somebody watches stops nothing", async () => {
  const order = orderOf();
  const accepted = server.next("work_accepted");
  await send(order);
  await accepted;
  const result = server.next("work_result");
  expect(await control(order, "watch")).toBe("ack");
  await grant(order);

  // Refused for its expired approval, as without that word.
  expect((await result).payload).toMatchObject({ outcome: "failed", error: { code: 5007 } });
  await until(nothingLeft);
});

test("an order that the server denies leaves nothing behind and reports nothing", async () => {
  const order = orderOf();
  const accepted = server.next("work_accepted");
  await send(order);
  await accepted;

  await deny(order);
  await until(nothingLeft);

  expect(server.seen.map((each) => each.type)).not.toContain("work_result");
});

test("an expired approval is refused although the server granted it, and nothing is spawned", async () => {
  const order = orderOf();
  server.answer = (envelope) => void (envelope.type === "work_accepted" && grant(order));
  const result = server.next("work_result");
  await send(order);

  expect((await result).payload).toMatchObject({
    outcome: "failed",
    error: { code: 5007, message: expect.stringContaining("expired") },
  });
  await until(nothingLeft);
});

test("a copy of an order that comes after its result begins nothing, also with the grant of that time and after a restart", async () => {
  const order = orderOf();
  server.answer = (envelope) => void (envelope.type === "work_accepted" && grant(order));
  const result = server.next("work_result");
  await send(order);
  await result;
  await until(nothingLeft);
  const offers = () => server.seen.filter((each) => each.type === "work_accepted").length;
  const before = offers();

  expect(await send(order)).toBe("ack");
  expect(await grant(order)).toBe("ack");
  await executor[Symbol.asyncDispose]();
  executor = await start();
  expect(await send(order)).toBe("ack");

  expect(executor.running()).toEqual([]);
  expect(offers()).toBe(before);
  expect(await listLeft()).toEqual([]);
  // The next attempt is another order.
  const accepted = server.next("work_accepted");
  server.answer = () => {};
  await send({ ...order, attempt: 2, fence: order.fence + 1 });
  await accepted;
});

test("what an agent has refused it refuses again after a restart, and does not ask the server anew", async () => {
  await executor[Symbol.asyncDispose]();
  const held = { order: orderOf(), marker: randomUUID(), redacted: [] };
  await orders.hold(held);
  const error = { code: 5102, message: "stopped before anything ran: enough" };
  await orders.refuse(held, { outcome: "cancelled", error });
  const result = server.next("work_result");

  executor = await start();

  expect((await result).payload).toMatchObject({ outcome: "cancelled", error, output_length: 0 });
  await until(nothingLeft);
  expect(server.seen.map((each) => each.type)).not.toContain("work_accepted");
});

test("an agent that stops while it waits for the grant keeps the order, and offers it again at its next start", async () => {
  const order = orderOf();
  const accepted = server.next("work_accepted");
  await send(order);
  await accepted;
  await executor[Symbol.asyncDispose]();
  expect((await orders.list()).map((held) => held.order.task_id)).toEqual([order.task_id]);

  const again = server.next("work_accepted");
  executor = await start();
  expect((await again).payload).toMatchObject({ task_id: order.task_id });
  await deny(order);
  await until(nothingLeft);
  expect(errors).toEqual([]);
});

test("a failure on our side while a finished attempt is reported is tried again until the server has the result", async () => {
  await executor[Symbol.asyncDispose]();
  const order = orderOf();
  const held = { order, marker: randomUUID(), redacted: [] };
  await orders.hold(held);
  // A supervisor wrote its identity and is gone: nobody knows how far it came.
  const runDir = orders.runDir(held);
  await mkdir(runDir);
  const identity = { version: 1, attemptId: held.marker, pid: 1, bootId: "another boot", startTime: 1 };
  await writeFile(path.join(runDir, "supervisor.json"), JSON.stringify(identity));
  let failures = 3;
  values = () => (failures-- > 0 ? Promise.reject(new Error("the database is away")) : Promise.resolve([]));

  const result = server.next("work_result");
  executor = await start();

  expect((await result).payload).toMatchObject({ outcome: "unknown", error: { code: 5101 } });
  expect(errors).toHaveLength(3);
  await until(nothingLeft);
});

test("what an agent was done with a month ago is forgotten while it works, not only when it starts", async () => {
  const done = path.join(folder, ".done");
  const old = path.join(done, "old.1.1");
  await mkdir(done, { recursive: true });
  await writeFile(old, "");
  const month = new Date(Date.now() - 31 * 24 * 3_600_000);
  await utimes(old, month, month);
  const store = createOrderStore(folder);
  const order = orderOf();
  const held = { order, marker: randomUUID(), redacted: [] };
  await store.hold(held);
  await store.remove(held);
  expect(await readdir(done)).toEqual([`${order.task_id}.${order.attempt}.${order.fence}`]);
  expect(await store.isDone(order)).toBe(true);
});

test("an order that this version cannot read is reported and left alone, a stump without order is removed", async () => {
  const strange = path.join(folder, "strange.1");
  await mkdir(strange);
  await writeFile(path.join(strange, "order.json"), "{");
  await mkdir(path.join(folder, "stump.1", "run"), { recursive: true });
  const told: string[] = [];

  expect(await createOrderStore(folder, (each) => told.push(each)).list()).toEqual([]);

  expect(told).toEqual([strange]);
  expect(await listLeft()).toEqual(["strange.1"]);
  await rm(strange, { recursive: true });
});
