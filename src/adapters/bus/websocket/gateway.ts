import type { WebSocket } from "ws";
import { z } from "zod";
import { agentOfQueue, protocolVersion, queues } from "../../../contracts/agent-protocol.ts";
import {
  AgentHello,
  Enrolment,
  Login,
  type GatewaySession,
  type Refused,
  type ServerProof,
} from "../../../contracts/gateway.ts";
import { copiedIdentity, refuseCopiedIdentity } from "../../../domain/copied-identity.ts";
import { ChiffonError } from "../../../domain/errors.ts";
import { serverProofBytes, type Handshake } from "../../../domain/gateway-proof.ts";
import { agreeOnVersion } from "../../../domain/protocol-version.ts";
import type { Transport } from "../../../ports/bus.ts";
import { findForgery } from "../authentic.ts";
import { createConsumers } from "../consumers.ts";
import type { Library } from "./answering.ts";
import { newNonce, readFrames, type FrameReader } from "./handshake.ts";
import { startPeer, type Peer } from "./peer.ts";

/** Where a connection comes from, and what its other end sees of us. */
export interface Connection {
  readonly address: string;
  /** SHA-256 of the certificate of this server, `AA:BB:…`; null where the connection has none of its own. */
  readonly certificate: string | null;
}

/** An agent that has proved who it is. */
export interface KnownAgent {
  readonly id: string;
  readonly type: string;
  /** Ed25519, raw, base64. */
  readonly signingKey: string;
}

/** What the server knows of its agents. Each call rejects with a ChiffonError whose message the agent may be told. */
export interface AgentRegistry {
  /** Takes an agent in that has a code, once its signature was checked here. */
  enrol(given: Enrolment, handshake: Handshake, connection: Connection): Promise<KnownAgent>;
  /** The agent that logs in, once its signature was checked here. Nothing is changed yet. */
  login(given: Login, handshake: Handshake, connection: Connection): Promise<KnownAgent>;
  /** No other process of it is connected here: from now on it is, unless one is connected to another server. Changes its keys. */
  admit(agent: KnownAgent, given: Enrolment | Login, connection: Connection): Promise<KnownAgent>;
  /** Its connection has ended. */
  left(agentId: string, instance: string): Promise<void>;
  /** It did, or its connection was, what no honest agent does or is. */
  refused(agent: KnownAgent, connection: Connection, why: string): Promise<void>;
  /** A frame came of it; told every few seconds at most. */
  seen(agentId: string): Promise<void>;
}

export interface GatewayOptions {
  readonly serverKey: { readonly publicKey: string; sign(bytes: Uint8Array): string };
  readonly registry: AgentRegistry;
  /** The files that an agent may have. */
  readonly library: (agentId: string) => Library;
  /** Milliseconds between pings. */
  readonly pingEvery: number;
  /** Milliseconds between two words of a sign of life. */
  readonly seenEvery: number;
  readonly onError: (error: unknown) => void;
  /** The set of queues that can be reached has changed. */
  readonly onChange: () => void;
}

/** The server's side of the WebSockets of agents. */
export interface Gateway extends Transport, AsyncDisposable {
  /** Takes over a socket that was just opened. */
  serve(socket: WebSocket, connection: Connection): void;
  /** Whether a process of the agent other than this one is connected, and answers. */
  hasOther(agentId: string, instance: string): Promise<boolean>;
  /** Ends the connection of an agent at once. */
  disconnect(agentId: string, reason: string): void;
}

interface Session {
  readonly instance: string;
  readonly peer: Peer;
  /** It has ended, and that is known. */
  readonly gone: Promise<void>;
}

const closing = { goingAway: 1001, replaced: 4409, refused: 4403 } as const;
/** Milliseconds for a sign of life of the agent that is connected, when another process says that it is this agent. */
const answerHere = 5_000;
const answerElsewhere = 3_000;
/** Connections that have not said yet who they are; each may hold one large frame. */
const mostShaking = 64;

export function createGateway(options: GatewayOptions): Gateway {
  const consumers = createConsumers();
  const sessions = new Map<string, Session>();
  const sockets = new Set<WebSocket>();
  /** Of sessions whose end is not noted yet. */
  const ends = new Set<Promise<void>>();
  let shaking = 0;

  const hasOther = async (
    agentId: string,
    { instance, within }: { instance: string; within: number },
  ): Promise<boolean> => {
    const session = sessions.get(agentId);
    return session !== undefined && session.instance !== instance && (await session.peer.answers(within));
  };
  /** The agent may have connected again meanwhile. */
  const leave = async (agentId: string, session: Session): Promise<void> => {
    if (sessions.get(agentId) !== session) return;
    sessions.delete(agentId);
    await options.registry.left(agentId, session.instance).catch(options.onError);
  };
  /** Resolves when the session has begun. */
  const open = async (socket: WebSocket, connection: Connection, reader: FrameReader): Promise<void> => {
    const shaken = await shakeHands(options, { socket, connection, reader });
    const { given, version } = shaken;
    const { instance } = given;
    if (await hasOther(shaken.agent.id, { instance, within: answerHere })) {
      await options.registry.refused(shaken.agent, connection, copiedIdentity);
      throw refuseCopiedIdentity();
    }
    const agent = await options.registry.admit(shaken.agent, given, connection);
    sessions.get(agent.id)?.peer.close(closing.replaced, "the agent has connected again");
    const peer = startPeer(socket, {
      consumers,
      findFault: (queue, envelope) => findForgery(queue, envelope, agent),
      onFault: tellOnce((why) => {
        options.registry.refused(agent, connection, why).catch(options.onError);
      }),
      library: options.library(agent.id),
      onAlive: atMostEvery(options.seenEvery, () => {
        options.registry.seen(agent.id).catch(options.onError);
      }),
      onError: options.onError,
      pingEvery: options.pingEvery,
    });
    const session: Session = { instance, peer, gone: peer.closed.then(() => leave(agent.id, session)) };
    sessions.set(agent.id, session);
    ends.add(session.gone);
    void session.gone.finally(() => ends.delete(session.gone));
    const opened: GatewaySession = {
      type: "session",
      agent_id: agent.id,
      agent_type: agent.type,
      protocol_version: version,
    };
    socket.send(JSON.stringify(opened));
    reader.release();
    options.onChange();
  };

  return {
    consume: consumers.consume,
    reaches: (queue) => sessions.has(agentOfQueue(queue) ?? ""),
    reachable: () => [...sessions.keys()].flatMap((id) => [queues.work(id), queues.control(id)]),
    async deliver(queue, envelope) {
      const session = sessions.get(envelope.to_agent);
      return session === undefined ? "retry" : await session.peer.deliver(queue, envelope);
    },
    serve(socket, connection) {
      socket.on("error", () => socket.terminate());
      if (shaking >= mostShaking) return socket.terminate();
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      shaking += 1;
      const reader = readFrames(socket);
      open(socket, connection, reader)
        .catch((error: unknown) => refuse(socket, error, options.onError))
        .finally(() => (shaking -= 1));
    },
    hasOther: (agentId, instance) => hasOther(agentId, { instance, within: answerElsewhere }),
    disconnect: (agentId, reason) => sessions.get(agentId)?.peer.close(closing.refused, reason.slice(0, 100)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.close(closing.goingAway, "the server stops");
      const limit = setTimeout(() => {
        for (const socket of sockets) socket.terminate();
      }, 2_000);
      await Promise.all(ends);
      clearTimeout(limit);
    },
  };
}

async function shakeHands(
  { serverKey, registry }: GatewayOptions,
  { socket, connection, reader }: { socket: WebSocket; connection: Connection; reader: FrameReader },
): Promise<{ agent: KnownAgent; given: Enrolment | Login; version: string }> {
  const hello = await reader.next(AgentHello);
  const version = agreeOnVersion(hello.protocol_versions, protocolVersion);
  if (version === undefined)
    throw new ChiffonError(
      "bad-input",
      `The agent speaks version ${hello.protocol_versions.join(", ")} of the agent protocol, and this server ${protocolVersion}.`,
      { hint: "Update whichever of the two is older." },
    );
  const handshake: Handshake = {
    agentNonce: hello.nonce,
    serverNonce: newNonce(),
    serverKey: serverKey.publicKey,
    certificate: connection.certificate,
  };
  const proof: ServerProof = {
    type: "proof",
    nonce: handshake.serverNonce,
    server_key: serverKey.publicKey,
    certificate: connection.certificate,
    protocol_version: version,
    signature: serverKey.sign(serverProofBytes(handshake)),
  };
  socket.send(JSON.stringify(proof));
  const given = await reader.next(z.discriminatedUnion("type", [Enrolment, Login]));
  const agent =
    given.type === "enrol"
      ? await registry.enrol(given, handshake, connection)
      : await registry.login(given, handshake, connection);
  return { agent, given, version };
}

/** Says why, where it can be said; ends the connection in any case. */
function refuse(socket: WebSocket, error: unknown, onError: (error: unknown) => void): void {
  if (ChiffonError.is(error)) {
    const refused: Refused = {
      type: "refused",
      code: error.code === "bad-input" ? 5003 : 5004,
      message: error.hint === undefined ? error.message : `${error.message} ${error.hint}`,
      final: error.code !== "database-unavailable" && error.code !== "conflict",
    };
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(refused));
  } else if (socket.readyState === socket.OPEN) onError(error);
  socket.close(closing.refused, "refused");
}

/** Each text at most once: a hostile agent must not fill the record. */
function tellOnce(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (told.has(text)) return;
    told.add(text);
    tell(text);
  };
}

function atMostEvery(milliseconds: number, act: () => void): () => void {
  let next = 0;
  return () => {
    const now = performance.now();
    if (now < next) return;
    next = now + milliseconds;
    act();
  };
}
