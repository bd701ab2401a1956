import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { queues } from "../../../contracts/agent-protocol.ts";
import type { ChiffonError } from "../../../domain/errors.ts";
import { envelopeBytes, loginBytes, type Handshake } from "../../../domain/gateway-proof.ts";
import { startFaultProxy } from "../../../../test/support/fault-proxy.ts";
import { fingerprintOf } from "../../keys/agent-keys.ts";
import { loadOrCreateCertificate } from "../../tls/certificate.ts";
import { messageFrom, testTransport } from "../transport-contract.ts";
import { connectAgent, type AgentTransport } from "./agent-transport.ts";
import { openGateway, type OpenGateway, type ServerPin } from "./open-gateway.ts";
import { createServerKey, openGatewayStage, type GatewayStage } from "./testing.ts";

type StageAgent = ReturnType<GatewayStage["agent"]>;
const patient = { timeout: 20_000 };

function connect(
  stage: GatewayStage,
  { id, keys }: StageAgent,
  options: Partial<Parameters<typeof connectAgent>[0]> = {},
): AgentTransport {
  return connectAgent({
    url: stage.url,
    serverKey: stage.serverKey.publicKey,
    agentId: id,
    keys,
    instance: randomUUID(),
    pingEvery: 10_000,
    reconnectAfter: 20,
    random: () => 0,
    onState: () => {},
    onRefused: () => {},
    onError: () => {},
    ...options,
  });
}

const reachable = (stage: GatewayStage, { id }: StageAgent) =>
  vi.waitFor(() => expect(stage.gateway.reachable()).toContain(queues.work(id)), patient);

testTransport({
  name: "WebSocket",
  breaks: true,
  open: async () => {
    const stage = await openGatewayStage();
    const agent = stage.agent();
    const transport = connect(stage, agent);
    await reachable(stage, agent);
    return {
      server: stage.gateway,
      agent: transport,
      agentId: agent.id,
      interrupt: stage.interrupt,
      sign: (envelope) => {
        const fromServer = envelope.from_agent === "server";
        const addressed = { ...envelope, to_agent: fromServer ? agent.id : "server" };
        const sign = fromServer ? stage.serverKey.sign : agent.keys.sign;
        return { ...addressed, signature: sign(envelopeBytes(addressed)) };
      },
      [Symbol.asyncDispose]: async () => {
        await transport[Symbol.asyncDispose]();
        await stage[Symbol.asyncDispose]();
      },
    };
  },
});

/** A login by hand: what an agent could do that does not follow the rules. */
async function logIn(
  stage: GatewayStage,
  { id, keys }: StageAgent,
  options: { pin?: ServerPin; url?: URL; onHandshake?: (handshake: Handshake) => void } = {},
): Promise<OpenGateway> {
  return await openGateway({
    url: options.url ?? stage.url,
    pin: options.pin ?? { key: stage.serverKey.publicKey },
    introduce: (handshake) => {
      options.onHandshake?.(handshake);
      const instance = randomUUID();
      const signature = keys.sign(loginBytes(handshake, { agent_id: id, instance }));
      return { type: "login", agent_id: id, instance, signature };
    },
    signal: AbortSignal.timeout(20_000),
  });
}

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: ChiffonError) => reason,
  );
  return error?.message ?? "it worked";
};

test("over TLS the server's own certificate is believed because its key signed it, and by no other key or certificate", async () => {
  const dir = await mkdtemp(path.join(tmpdir(), "chiffon-gateway-"));
  try {
    const tls = await loadOrCreateCertificate({ dir: path.join(dir, "one"), hosts: ["127.0.0.1"] });
    await using stage = await openGatewayStage({ tls });
    const agent = stage.agent();
    const { serverKey } = stage;
    (
      await logIn(stage, agent, { pin: { fingerprint: fingerprintOf(serverKey.publicKey) } })
    ).socket.terminate();

    const said: Handshake[] = [];
    const onHandshake = (handshake: Handshake) => void said.push(handshake);
    const other = { fingerprint: fingerprintOf(createServerKey().publicKey) };
    expect(await messageOf(logIn(stage, agent, { pin: other, onHandshake }))).toContain("its key is SHA256:");
    // Somebody in between passes on what the real server says, behind a certificate of their own.
    await using between = await openGatewayStage({
      tls: await loadOrCreateCertificate({ dir: path.join(dir, "two"), hosts: ["127.0.0.1"] }),
      certificate: tls.fingerprint,
      serverKey,
    });
    expect(await messageOf(logIn(stage, agent, { url: between.url, onHandshake }))).toContain(
      "somebody stands in between",
    );
    // Nothing was said before the server had proved who it is.
    expect(said).toEqual([]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test("without TLS an agent connects to its own machine only", async () => {
  await using stage = await openGatewayStage();
  const away = new URL("http://box.invalid:7707");
  expect(await messageOf(logIn(stage, stage.agent(), { url: away }))).toContain("would not be encrypted");
});

test("who does not have the agent's key does not get in, nor who sends again what was once said", async () => {
  await using stage = await openGatewayStage();
  const [agent, other] = [stage.agent(), stage.agent()];
  expect(await messageOf(logIn(stage, { id: agent.id, keys: other.keys }))).toContain("not by its key");

  const captured: Handshake[] = [];
  (await logIn(stage, agent, { onHandshake: (each) => void captured.push(each) })).socket.terminate();
  const [old] = captured;
  if (old === undefined) throw new Error("nothing was captured");
  const replay = openGateway({
    url: stage.url,
    pin: { key: stage.serverKey.publicKey },
    introduce: () => {
      const instance = randomUUID();
      const signature = agent.keys.sign(loginBytes(old, { agent_id: agent.id, instance }));
      return { type: "login", agent_id: agent.id, instance, signature };
    },
    signal: AbortSignal.timeout(20_000),
  });
  expect(await messageOf(replay)).toContain("not by its key");
  expect(stage.gateway.reachable()).not.toContain(queues.work(agent.id));
});

test("an agent of another major version is told which versions there are", async () => {
  await using stage = await openGatewayStage();
  const socket = new WebSocket(stage.url.href.replace("http", "ws"));
  const answer = new Promise<string>((resolve) =>
    socket.on("message", (data: Buffer) => resolve(data.toString())),
  );
  await new Promise((resolve) => socket.once("open", resolve));
  const nonce = randomBytes(32).toString("base64");
  socket.send(JSON.stringify({ type: "hello", nonce, protocol_versions: ["2.0", "3.1"] }));
  expect(JSON.parse(await answer)).toMatchObject({
    type: "refused",
    code: 5003,
    final: true,
    message: expect.stringContaining("version 2.0, 3.1 of the agent protocol, and this server 1.0"),
  });
});

test("a compromised agent speaks for nobody else: each attempt is dead, no handler sees it, and the reason is told", async () => {
  await using stage = await openGatewayStage();
  const [agent, other] = [stage.agent(), stage.agent()];
  const seen: string[] = [];
  for (const queue of [queues.result, queues.log, queues.heartbeat])
    stage.gateway.consume(queue, { slots: 1 }, ({ type }) => {
      seen.push(type);
      return Promise.resolve("ack");
    });
  const { socket, reader } = await logIn(stage, agent);
  reader.release();
  const verdicts: string[] = [];
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as { type: string; verdict?: string };
    if (frame.type === "verdict") verdicts.push(frame.verdict ?? "");
  });
  const signed = (envelope: ReturnType<typeof messageFrom>, keys = agent.keys) => ({
    ...envelope,
    signature: keys.sign(envelopeBytes(envelope)),
  });
  const own = messageFrom(agent.id, "mine");
  const attacks: [queue: string, envelope: unknown][] = [
    [queues.result, signed(messageFrom(other.id, "as another"))],
    [queues.result, signed(messageFrom("server", "as the server"))],
    [queues.result, own],
    [queues.result, signed(own, other.keys)],
    [queues.result, { ...signed(own), timestamp: "2026-11-23T12:00:00.000Z" }],
    [queues.result, { ...signed(own), signature: `${signed(own).signature ?? ""}=` }],
    [queues.heartbeat, signed(own)],
    [queues.log, signed(own)],
    [queues.work(other.id), signed(own)],
    [queues.control(other.id), signed(own)],
    ["chf.dead", signed(own)],
    [queues.result, { ...own, type: "work_request" }],
    [queues.result, signed({ ...own, type: "work_accepted", payload: { agent_id: other.id } } as never)],
    [queues.heartbeat, { ...own, type: "heartbeat", payload: { agent_id: other.id } }],
    [queues.result, { ...signed(own), payload: null }],
    [queues.result, "no envelope"],
    [queues.result, { ...own, signature: 7 }],
  ];
  for (const [index, [queue, envelope]] of attacks.entries())
    socket.send(JSON.stringify({ type: "deliver", id: index + 1, queue, envelope }));

  await vi.waitFor(() => expect(verdicts).toHaveLength(attacks.length), patient);
  expect(new Set(verdicts)).toEqual(new Set(["dead"]));
  expect(seen).toEqual([]);
  expect(stage.refused.map(({ why }) => why).toSorted()).toEqual([
    "it sent a message in the name of another agent",
    "it sent a message of a type that does not belong in that queue",
    "it sent a message that its key did not sign",
    "it sent what is no message",
    "it spoke about itself as another agent",
  ]);
  // What is its own is taken.
  socket.send(JSON.stringify({ type: "deliver", id: 99, queue: queues.result, envelope: signed(own) }));
  await vi.waitFor(() => expect(seen).toEqual(["error"]), patient);
  socket.terminate();
});

test("agents that are connected take no place from those that come: any number are connected at the same time", async () => {
  await using stage = await openGatewayStage();
  // More than may be at their handshake at the same time.
  const agents = Array.from({ length: 80 }, () => stage.agent());
  await using stack = new AsyncDisposableStack();
  for (const some of [agents.slice(0, 40), agents.slice(40)]) {
    for (const agent of some) stack.use(connect(stage, agent));
    await Promise.all(some.map((agent) => reachable(stage, agent)));
  }
  expect(stage.gateway.reachable()).toHaveLength(2 * agents.length);
});

test("a connection that breaks the rules is closed, and the reason is told", async () => {
  await using stage = await openGatewayStage();
  stage.gateway.consume(queues.result, { slots: 1 }, () => new Promise(() => {}));
  const rude: ((agent: StageAgent) => (string | Buffer)[])[] = [
    () => ['{"type":"unheard of"}'],
    () => ["no JSON"],
    () =>
      Array.from({ length: 17 }, (_, id) =>
        JSON.stringify({ type: "ask", id: id + 1, question: { kind: "blob", sha256: "a".repeat(63) } }),
      ),
    ({ id, keys }) => {
      const own = messageFrom(id, "many");
      const envelope = { ...own, signature: keys.sign(envelopeBytes(own)) };
      return Array.from({ length: 257 }, (_, at) =>
        JSON.stringify({ type: "deliver", id: at + 1, queue: queues.result, envelope }),
      );
    },
    () => [Buffer.alloc(8 * 1_048_576 + 1)],
  ];
  for (const frames of rude) {
    const agent = stage.agent();
    const { socket, reader } = await logIn(stage, agent);
    reader.release();
    const closed = new Promise<number>((resolve) => socket.on("close", resolve));
    for (const frame of frames(agent)) socket.send(frame, () => {});
    expect([1008, 1009]).toContain(await closed);
  }
  expect(new Set(stage.refused.map(({ why }) => why))).toEqual(
    new Set(["it sent what is no frame of this protocol", "it sent too many messages at once"]),
  );
});

test("a copy of an agent's keys does not get in while the agent is there, and an agent that came back does", async () => {
  await using stage = await openGatewayStage();
  const agent = stage.agent();
  const first = connect(stage, agent);
  await reachable(stage, agent);
  const why: string[] = [];
  await using _copy = connect(stage, agent, {
    onState: (state) => state.why !== null && why.push(state.why),
  });
  await vi.waitFor(() => expect(why.join()).toContain("Another process with the same keys"), patient);
  expect(stage.refused[0]).toEqual({
    agentId: agent.id,
    why: "another process with the same keys is connected",
  });
  await first[Symbol.asyncDispose]();
  // Once the first is gone, the other is the agent.
  await vi.waitFor(() => expect(stage.gateway.reachable()).toContain(queues.work(agent.id)), patient);
});

test("files come in pieces, each side no faster than the other takes them, and a question can be given up", async () => {
  const content = randomBytes(3_000_000);
  const sha256 = createHash("sha256").update(content).digest("hex");
  let given = 0;
  await using stage = await openGatewayStage({
    library: {
      files: () =>
        Promise.resolve(
          Array.from({ length: 4_500 }, (_, index) => ({
            path: `f${index}`,
            sha256,
            size: 1,
            executable: false,
          })),
        ),
      async *content() {
        for (let at = 0; at < content.length; at += 100_000) {
          given = at;
          yield await Promise.resolve(content.subarray(at, at + 100_000));
        }
      },
    },
  });
  const agent = stage.agent();
  await using transport = connect(stage, agent);
  await reachable(stage, agent);
  const { signal } = new AbortController();
  expect(await transport.files("b".repeat(64), signal)).toHaveLength(4_500);

  const pieces: Uint8Array[] = [];
  for await (const piece of transport.content(sha256, signal)) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(content)).toBe(true);

  given = 0;
  for await (const _piece of transport.content(sha256, signal)) break;
  // Eight pieces may be on their way, and no more.
  await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBeLessThan(1_000_000);
});

test("a half-open connection is noticed at both ends, and the agent connects anew", async () => {
  await using stage = await openGatewayStage({ pingEvery: 50 });
  await using proxy = await startFaultProxy({
    target: { host: "127.0.0.1", port: Number(stage.url.port) },
  });
  const agent = stage.agent();
  const states: boolean[] = [];
  await using _ = connect(stage, agent, {
    url: new URL(`http://127.0.0.1:${proxy.port}`),
    pingEvery: 50,
    onState: ({ connected }) => states.push(connected),
  });
  await reachable(stage, agent);
  // What was connected hangs, and nothing new gets through.
  await proxy.behave({ kind: "stall" });
  await vi.waitFor(() => expect(stage.gateway.reachable()).toEqual([]), patient);
  await vi.waitFor(() => expect(states).toContain(false), patient);
  await proxy.behave({ kind: "pass" });
  await reachable(stage, agent);
});
