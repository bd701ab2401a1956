import { randomBytes, randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { queues, type Envelope } from "../../../contracts/agent-protocol.ts";
import type { ServerProof } from "../../../contracts/gateway.ts";
import { envelopeBytes, loginBytes, type Handshake } from "../../../domain/gateway-proof.ts";
import { messageFrom } from "../transport-contract.ts";
import { connectAgent } from "./agent-transport.ts";
import { openGatewayStage, type GatewayStage } from "./testing.ts";

type StageAgent = ReturnType<GatewayStage["agent"]>;
type Json = Record<string, unknown>;
const patient = { timeout: 20_000 };

/** A connection whose frames are written by hand, as an agent of another version would write them. */
async function openByHand(stage: GatewayStage): Promise<{
  say(frame: Json): void;
  heard(): Promise<Json>;
  close(): void;
}> {
  const socket = new WebSocket(stage.url.href.replace("http", "ws"));
  const waiting: Json[] = [];
  let wake = Promise.withResolvers<void>();
  socket.on("message", (data: Buffer) => {
    waiting.push(JSON.parse(data.toString()) as Json);
    wake.resolve();
  });
  await new Promise((resolve) => socket.once("open", resolve));
  return {
    say: (frame) => socket.send(JSON.stringify(frame)),
    async heard() {
      for (;;) {
        const frame = waiting.shift();
        if (frame !== undefined) return frame;
        wake = Promise.withResolvers();
        await wake.promise;
      }
    },
    close: () => socket.terminate(),
  };
}

/** Logs an agent in that offers these versions and adds fields that nobody knows; answers what the server said. */
async function logIn(
  stage: GatewayStage,
  { id, keys }: StageAgent,
  offered: readonly string[],
): Promise<{ proof: Json; session: Json; hand: Awaited<ReturnType<typeof openByHand>> }> {
  const hand = await openByHand(stage);
  const nonce = randomBytes(32).toString("base64");
  hand.say({ type: "hello", nonce, protocol_versions: offered, dialect: "of tomorrow" });
  const proof = await hand.heard();
  const { nonce: serverNonce, server_key: serverKey, certificate } = proof as unknown as ServerProof;
  const handshake: Handshake = { agentNonce: nonce, serverNonce, serverKey, certificate };
  const instance = randomUUID();
  const signature = keys.sign(loginBytes(handshake, { agent_id: id, instance }));
  hand.say({ type: "login", agent_id: id, instance, signature, mood: "good" });
  return { proof, session: await hand.heard(), hand };
}

/** A message of version 1.7: with fields that version 1.0 does not know, around and in the payload. */
function newer(envelope: Envelope, sign: (bytes: Uint8Array) => string): Json {
  const unknown = { region: "north", payload: { ...envelope.payload, weather: { wind: 3 } } };
  const more = { ...envelope, protocol_version: "1.7", ...unknown } as Envelope;
  return { ...more, signature: sign(envelopeBytes(more)) };
}

test("[MSG-04] an agent that offers 1.7 gets 1.0, and fields that this version does not know are passed over", async () => {
  await using stage = await openGatewayStage();
  const agent = stage.agent();
  const taken: Envelope[] = [];
  stage.gateway.consume(queues.result, { slots: 1 }, (envelope) => {
    taken.push(envelope);
    return Promise.resolve("ack");
  });
  const { proof, session, hand } = await logIn(stage, agent, ["1.7"]);
  expect(proof).toMatchObject({ type: "proof", protocol_version: "1.0" });
  expect(session).toMatchObject({ type: "session", agent_id: agent.id, protocol_version: "1.0" });

  const message = newer(messageFrom(agent.id, "hello"), agent.keys.sign);
  hand.say({ type: "deliver", id: 1, queue: queues.result, envelope: message, urgency: 9 });
  expect(await hand.heard()).toEqual({ type: "verdict", id: 1, verdict: "ack" });
  expect(taken).toMatchObject([{ protocol_version: "1.7", type: "error", payload: { message: "hello" } }]);
  expect(Object.keys(taken[0] ?? {})).not.toContain("region");
  expect(Object.keys(taken[0]?.payload ?? {})).not.toContain("weather");

  // The signature covers what is not known, too.
  hand.say({ type: "deliver", id: 2, queue: queues.result, envelope: { ...message, region: "south" } });
  expect(await hand.heard()).toEqual({ type: "verdict", id: 2, verdict: "dead" });
  const { region: _, ...without } = message;
  hand.say({ type: "deliver", id: 3, queue: queues.result, envelope: without });
  expect(await hand.heard()).toEqual({ type: "verdict", id: 3, verdict: "dead" });
  const major = { ...newer(messageFrom(agent.id, "two"), agent.keys.sign), signature: null };
  const two = { ...major, protocol_version: "2.0" } as unknown as Envelope;
  const signed = { ...two, signature: agent.keys.sign(envelopeBytes(two)) };
  hand.say({ type: "deliver", id: 4, queue: queues.result, envelope: signed });
  expect(await hand.heard()).toEqual({ type: "verdict", id: 4, verdict: "dead" });
  expect(taken).toHaveLength(1);
  hand.close();
});

test("[MSG-04] an agent passes over fields of a newer server, and takes nothing whose signature does not cover them", async () => {
  await using stage = await openGatewayStage();
  const agent = stage.agent();
  const taken: Envelope[] = [];
  await using transport = connectAgent({
    url: stage.url,
    serverKey: stage.serverKey.publicKey,
    agentId: agent.id,
    keys: agent.keys,
    instance: randomUUID(),
    pingEvery: 10_000,
    reconnectAfter: 20,
    random: () => 0,
    onState: () => {},
    onRefused: () => {},
    onError: () => {},
  });
  transport.consume(queues.control(agent.id), { slots: 1 }, (envelope) => {
    taken.push(envelope);
    return Promise.resolve("ack");
  });
  await vi.waitFor(() => expect(stage.gateway.reachable()).toContain(queues.work(agent.id)), patient);
  const toAgent = { ...messageFrom("server", "over"), to_agent: agent.id };
  const message = newer(toAgent, stage.serverKey.sign) as unknown as Envelope;

  expect(await stage.gateway.deliver(queues.control(agent.id), message)).toBe("ack");
  expect(taken).toMatchObject([{ protocol_version: "1.7", payload: { message: "over" } }]);
  expect(Object.keys(taken[0] ?? {})).not.toContain("region");
  const changed = { ...message, region: "south" };
  expect(await stage.gateway.deliver(queues.control(agent.id), changed)).toBe("dead");
  expect(taken).toHaveLength(1);
});
