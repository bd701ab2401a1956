import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import tls from "node:tls";
import { connect } from "amqplib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startFaultProxy } from "../../../../test/support/fault-proxy.ts";
import { startBroker, type Broker } from "../../../../test/support/rabbitmq.ts";
import { queues, type Envelope } from "../../../contracts/agent-protocol.ts";
import type { Transport } from "../../../ports/bus.ts";
import { messageFrom, sendUntilTaken, testTransport, textOf } from "../transport-contract.ts";
import { agentUser, brokerUserCommands } from "../../../domain/broker-user.ts";
import { createRabbitServer } from "./server.ts";
import {
  asAgent,
  collectDead,
  makeCertificate,
  makeUsers,
  openEnds,
  refusal,
  type Users,
} from "./testing.ts";

const patient = { timeout: 30_000 };
let broker: Broker;
let users: Users;

beforeAll(async () => {
  broker = await startBroker();
  users = await makeUsers(broker, 24);
});

afterAll(async () => {
  await broker[Symbol.asyncDispose]();
});

testTransport({ name: "RabbitMQ", open: () => openEnds(broker, users.next()), breaks: true });

test("[MSG-01] kill -9 of the broker in the middle of 10,000 messages loses none of them", async () => {
  await using ends = await openEnds(broker, users.next());
  const queue = queues.work(ends.agentId);
  const taken = new Set<string>();
  let repeats = 0;
  await using _ = ends.agent.consume(queue, { slots: 100 }, async ({ message_id }) => {
    if (taken.has(message_id)) repeats += 1;
    taken.add(message_id);
    return "ack";
  });
  const sent = new Set<string>();
  const wanted = Array.from({ length: 10_000 }, (_each, at) => messageFrom("server", `${at}`));
  const left = wanted.values();
  const sender = async () => {
    for (const message of left) {
      await untilTaken(ends.server, queue, message);
      sent.add(message.message_id);
    }
  };
  const sending = Promise.all(Array.from({ length: 64 }, sender));

  await vi.waitFor(() => expect(taken.size).toBeGreaterThan(2_000), patient);
  await broker.kill();
  expect(sent.size).toBeLessThan(10_000);
  await broker.start();
  await sending;

  await vi.waitFor(() => expect(taken).toEqual(new Set(wanted.map((each) => each.message_id))), patient);
  // What was under way when the broker died may have come twice, and no more than that.
  expect(repeats).toBeLessThan(1_000);
});

test("a broker that is short of memory takes nothing, and gives what it has; nothing fails, and it goes on afterwards", async () => {
  await using ends = await openEnds(broker, users.next());
  const queue = queues.work(ends.agentId);
  await sendUntilTaken(ends.server, queue, messageFrom("server", "before"));

  await broker.evaluate(`vm_memory_monitor:set_vm_memory_high_watermark({absolute, 1000000}).`);
  await vi.waitFor(async () => {
    await ends.server.deliver(queue, messageFrom("server", "meanwhile"));
    expect(ends.server.reachable()).toEqual([]);
  }, patient);
  expect(await ends.server.deliver(queue, messageFrom("server", "lost"))).toBe("retry");
  const seen = new Set<string>();
  await using _ = ends.agent.consume(queue, { slots: 1 }, async (message) => {
    seen.add(textOf(message));
    return "ack";
  });
  await vi.waitFor(() => expect(seen).toContain("before"), patient);

  await broker.evaluate(`vm_memory_monitor:set_vm_memory_high_watermark({absolute, 2000000000}).`);
  await sendUntilTaken(ends.server, queue, messageFrom("server", "after"));
  await vi.waitFor(() => expect(seen).toContain("after"), patient);
  expect(ends.errors).toEqual([]);
});

test("connections into nowhere are noticed, and made anew", async () => {
  await using ends = await openEnds(broker, users.next(), { heartbeat: 1 });
  const queue = queues.work(ends.agentId);
  const seen = new Set<string>();
  await using _ = ends.agent.consume(queue, { slots: 1 }, async (message) => {
    seen.add(textOf(message));
    return "ack";
  });
  await sendUntilTaken(ends.server, queue, messageFrom("server", "one"));

  ends.proxy.freeze();
  const frozen = ends.server.deliver(queue, messageFrom("server", "two"));
  expect(await frozen).toBe("retry");
  await sendUntilTaken(ends.server, queue, messageFrom("server", "two"));

  await vi.waitFor(() => expect([...seen]).toEqual(["one", "two"]), patient);
});

test("a message whose handler fails each time, and one that is none, end with the dead letters", async () => {
  await using ends = await openEnds(broker, users.next());
  const poison = messageFrom(ends.agentId, "poison");
  let tries = 0;
  await using _server = ends.server.consume(queues.result, { slots: 1 }, async () => {
    tries += 1;
    throw new Error("this handler has a bug");
  });
  await using letters = collectDead(ends.server);

  await sendUntilTaken(ends.agent, queues.result, poison);
  await vi.waitFor(() => expect(letters.found(poison.message_id)).toBeDefined(), patient);
  await asAgent(users.url(ends.agentId), async (channel) => {
    const userId = agentUser(ends.agentId);
    channel.publish("chf.up", `${ends.agentId}.result`, Buffer.from("no message"), { userId });
  });

  // Once, and five times again.
  expect(tries).toBe(6);
  const letter = letters.found(poison.message_id);
  expect(letter).toMatchObject({ queue: queues.result, reason: "delivery_limit", problem: null });
  expect(JSON.parse(letter?.body ?? "")).toEqual(poison);
  await vi.waitFor(
    () =>
      expect(letters.found("no message")).toEqual({
        queue: queues.result,
        reason: "rejected",
        problem: "it is no JSON",
        body: "no message",
      }),
    patient,
  );
  expect(ends.errors).toContain(`Error: a message in ${queues.result} was refused: it is no JSON`);
});

test('"not now" is no failure: such messages give way to others, and come until they are taken', async () => {
  await using ends = await openEnds(broker, users.next(), { giveWayAfter: 100 });
  let early = true;
  const taken = new Set<string>();
  const tries = new Map<string, number>();
  await using _ = ends.server.consume(queues.result, { slots: 2 }, async (message) => {
    const text = textOf(message);
    tries.set(text, (tries.get(text) ?? 0) + 1);
    if (early && text !== "good") return "retry";
    taken.add(text);
    return "ack";
  });
  await using letters = collectDead(ends.server);
  const waiting = Array.from({ length: 30 }, (_each, at) => messageFrom(ends.agentId, `waits ${at}`));
  for (const message of waiting) await sendUntilTaken(ends.agent, queues.result, message);

  await sendUntilTaken(ends.agent, queues.result, messageFrom(ends.agentId, "good"));
  await vi.waitFor(() => expect(taken).toContain("good"), patient);
  await vi.waitFor(
    () => expect(Math.min(...tries.values(), tries.size < 31 ? 0 : 99)).toBeGreaterThan(0),
    patient,
  );
  await vi.waitFor(() => expect(tries.get("waits 0")).toBeGreaterThan(7), patient);
  early = false;

  await vi.waitFor(() => expect(taken.size).toBe(31), patient);
  expect(waiting.filter((each) => letters.found(each.message_id))).toEqual([]);
});

test("the user of an agent, made by the printed commands, can do nothing but its own work", async () => {
  const agentId = randomUUID();
  const [addUser = "", ...permissions] = brokerUserCommands(agentId);
  await broker.command(addUser, `${users.password}\n`);
  await Promise.all(permissions.map((line) => broker.command(line, "")));
  await using ends = await openEnds(broker, agentId);
  await using other = await openEnds(broker, users.next());
  await using letters = collectDead(ends.server);
  const seen: Envelope[] = [];
  await using _ = ends.server.consume(queues.result, { slots: 1 }, async (envelope) => {
    seen.push(envelope);
    return "ack";
  });
  const own = messageFrom(agentId, "own");
  const forged = messageFrom(other.agentId, "forged");
  const userId = agentUser(agentId);
  const url = users.url(agentId);
  const body = Buffer.from(JSON.stringify(forged));

  const refusals = await Promise.all([
    refusal(url, (channel) => channel.consume(queues.work(other.agentId), () => {})),
    refusal(url, (channel) => channel.consume(queues.result, () => {})),
    refusal(url, (channel) => channel.assertQueue("own", { durable: false })),
    refusal(url, (channel) => channel.publish("chf.up", `${other.agentId}.result`, body, { userId })),
    refusal(url, (channel) => channel.publish("chf.work", other.agentId, body, { userId })),
    refusal(url, (channel) => channel.publish("", queues.work(other.agentId), body, { userId })),
    refusal(url, (channel) =>
      channel.publish("chf.up", `${agentId}.result`, body, { userId: agentUser(other.agentId) }),
    ),
  ]);
  await asAgent(url, async (channel) => {
    // Under its own name, but in the name of another one, or of nobody.
    channel.publish("chf.up", `${agentId}.result`, body, { userId });
    channel.publish(
      "chf.up",
      `${agentId}.result`,
      Buffer.from(JSON.stringify({ ...own, message_id: forged.trace_id })),
    );
  });
  await sendUntilTaken(ends.agent, queues.result, own);

  expect(refusals).toEqual([403, 403, 403, 403, 403, 403, 406]);
  await vi.waitFor(
    () =>
      expect(letters.all.map(({ problem }) => problem)).toEqual([
        `agent ${agentId} has sent it in the name of ${other.agentId}`,
        `it does not come from the broker's user agent-${agentId}`,
      ]),
    patient,
  );
  await vi.waitFor(() => expect(seen).toEqual([own]), patient);
});

test("an agent that is removed has no queues any more", async () => {
  await using ends = await openEnds(broker, users.next());
  const queue = queues.work(ends.agentId);

  await ends.server.removeAgent(ends.agentId);

  expect(ends.server.reachable()).toEqual([]);
  expect(await ends.server.deliver(queue, messageFrom("server", "late"))).toBe("retry");
  const model = await connect(broker.url());
  const channel = (await model.createChannel()).on("error", () => {});
  await expect(channel.checkQueue(queue)).rejects.toThrow("404");
  await model.close();
});

test("over TLS the broker has to show a certificate of the authority that was named", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "chiffon-tls-"));
  await using cleaned = new AsyncDisposableStack();
  cleaned.defer(() => rm(folder, { recursive: true }));
  const [right, wrong] = await Promise.all([
    makeCertificate(folder, "right"),
    makeCertificate(folder, "wrong"),
  ]);
  const front = tls.createServer({ key: right.key, cert: right.cert }, (socket) => {
    const back = net.connect(broker.port, "127.0.0.1");
    for (const each of [socket, back]) each.on("error", () => {});
    socket.pipe(back).pipe(socket);
  });
  await once(front.listen(0, "127.0.0.1"), "listening");
  cleaned.defer(() => new Promise((resolve) => front.close(() => resolve())));
  const address = front.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = broker
    .url()
    .replace(/^amqp:/, "amqps:")
    .replace(`127.0.0.1:${broker.port}`, `localhost:${port}`);
  const errors: string[] = [];
  const open = (caFile: string) =>
    createRabbitServer({ url, caFile, onError: (error) => errors.push(String(error)) });

  await using trusting = open(right.file);
  trusting.declareAgent(users.next());
  await vi.waitFor(() => expect(trusting.reachable()).toHaveLength(2), patient);
  expect(errors).toEqual([]);
  await using doubting = open(wrong.file);
  doubting.declareAgent(users.next());
  await vi.waitFor(() => expect(errors.join()).toMatch(/certificate/), patient);
  expect(doubting.reachable()).toEqual([]);
});

test("closing waits for no broker that does not answer", async () => {
  await using proxy = await startFaultProxy({ target: { host: "127.0.0.1", port: broker.port } });
  await proxy.behave({ kind: "stall" });
  const url = broker.url().replace(`:${broker.port}`, `:${proxy.port}`);
  const errors: unknown[] = [];
  const server = createRabbitServer({ url, onError: (error) => errors.push(error) });
  expect(server.reachable()).toEqual([]);

  await server[Symbol.asyncDispose]();

  // It had not given up by itself.
  expect(errors).toEqual([]);
});

test("an address that cannot be used is refused without its password", () => {
  for (const url of ["http://a:secret@b", "amqps://:secret@host", "amqp://user:%zz@host", "secret"])
    expect(() => createRabbitServer({ url, onError: () => {} })).toThrow(
      /^The address of RabbitMQ cannot be used: (?!.*secret)/,
    );
});

async function untilTaken(sender: Transport, queue: string, envelope: Envelope): Promise<void> {
  while ((await sender.deliver(queue, envelope)) !== "ack")
    await new Promise((resolve) => setTimeout(resolve, 20));
}
