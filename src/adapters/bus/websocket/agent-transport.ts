import { setTimeout as delay } from "node:timers/promises";
import { queues } from "../../../contracts/agent-protocol.ts";
import type { Login } from "../../../contracts/gateway.ts";
import { ChiffonError } from "../../../domain/errors.ts";
import { loginBytes } from "../../../domain/gateway-proof.ts";
import type { Transport } from "../../../ports/bus.ts";
import type { AgentKeys } from "../../keys/agent-keys.ts";
import { isFromServer } from "../authentic.ts";
import { createConsumers, type Consumers } from "../consumers.ts";
import { openGateway } from "./open-gateway.ts";
import type { Asking } from "./asking.ts";
import { startPeer, type Peer } from "./peer.ts";

export interface AgentTransportOptions {
  readonly url: URL;
  /** Ed25519 public key of the server, raw, base64. */
  readonly serverKey: string;
  readonly agentId: string;
  readonly keys: AgentKeys;
  /** Different for each start of this process. */
  readonly instance: string;
  /** Whether its messages go over RabbitMQ; default: no. */
  readonly broker?: boolean;
  readonly pingEvery: number;
  /** First wait before the next try, in milliseconds; it doubles up to thirty times as much. */
  readonly reconnectAfter: number;
  readonly random: () => number;
  /** What happens to the connection, for the person who started the agent. */
  readonly onState: (state: { connected: boolean; why: string | null }) => void;
  readonly onError: (error: unknown) => void;
  /** Told once when trying again cannot help: the agent was revoked, or the server is another one. */
  readonly onRefused: (error: ChiffonError) => void;
}

const upQueues: readonly string[] = [queues.result, queues.log, queues.heartbeat];

/** The agent's side of its WebSocket: connected again whenever it ends, outbound only. */
export interface AgentTransport extends Transport, AsyncDisposable {
  readonly files: Asking["files"];
  readonly content: Asking["content"];
}

export function connectAgent(options: AgentTransportOptions): AgentTransport {
  const consumers = createConsumers();
  const stop = new AbortController();
  const state: { peer: Peer | undefined } = { peer: undefined };
  const over = stayConnected(options, { consumers, signal: stop.signal, state });
  const peer = (): Peer => {
    if (state.peer !== undefined) return state.peer;
    throw new ChiffonError("server-unreachable", "There is no connection to the server at the moment.");
  };
  return {
    consume: consumers.consume,
    reaches: (queue) => state.peer !== undefined && upQueues.includes(queue),
    reachable: () => (state.peer === undefined ? [] : upQueues),
    deliver: async (queue, envelope) => (await state.peer?.deliver(queue, envelope)) ?? "retry",
    files: async (digest, signal) => await peer().files(digest, signal),
    content: (sha256, signal) => peer().content(sha256, signal),
    async [Symbol.asyncDispose]() {
      stop.abort();
      state.peer?.close(1001, "the agent stops");
      await over;
    },
  };
}

interface Loop {
  readonly consumers: Consumers;
  readonly signal: AbortSignal;
  readonly state: { peer: Peer | undefined };
}

/** Never rejects. */
async function stayConnected(options: AgentTransportOptions, loop: Loop): Promise<void> {
  const { signal } = loop;
  let wait = options.reconnectAfter;
  while (!signal.aborted) {
    try {
      await connectOnce(options, loop);
      wait = options.reconnectAfter;
      if (!signal.aborted) options.onState({ connected: false, why: "the connection ended" });
    } catch (error) {
      if (signal.aborted) return;
      if (ChiffonError.is(error) && error.code === "not-allowed") return options.onRefused(error);
      options.onState({ connected: false, why: error instanceof Error ? error.message : String(error) });
    }
    // Not all agents at the same moment, when a server comes back.
    await delay(wait * (0.5 + options.random()), undefined, { signal }).catch(() => {});
    wait = Math.min(wait * 2, options.reconnectAfter * 30);
  }
}

/** Resolves when the connection has ended. */
async function connectOnce(
  options: AgentTransportOptions,
  { consumers, signal, state }: Loop,
): Promise<void> {
  const { agentId, keys, instance, serverKey } = options;
  const { socket, reader } = await openGateway({
    url: options.url,
    pin: { key: serverKey },
    introduce: (handshake): Login => ({
      type: "login",
      agent_id: agentId,
      instance,
      ...(options.broker === true ? { broker: true } : {}),
      signature: keys.sign(loginBytes(handshake, { agent_id: agentId, instance })),
    }),
    signal,
  });
  const peer = startPeer(socket, {
    consumers,
    findFault: (_queue, envelope) =>
      isFromServer(envelope, { id: agentId, serverKey })
        ? undefined
        : "it sent what the server did not sign, or what is for another agent",
    onFault: (why) => options.onError(new Error(`what answers as the server is not honest: ${why}`)),
    onError: options.onError,
    pingEvery: options.pingEvery,
  });
  state.peer = peer;
  reader.release();
  options.onState({ connected: true, why: null });
  await peer.closed.finally(() => (state.peer = undefined));
}
