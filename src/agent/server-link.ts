import { setTimeout as delay } from "node:timers/promises";
import { protocolVersion, type Envelope, type Message } from "../contracts/agent-protocol.ts";
import { envelopeBytes, needsSignature } from "../domain/gateway-proof.ts";
import type { Transport, Verdict } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";

export interface LinkDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly agentId: string;
  /** First wait before a message is sent again, in milliseconds; it doubles up to thirty times as much. */
  readonly resendAfter: number;
  /** Signs what nobody else may say, Ed25519, base64; absent inside the server's own process. */
  readonly sign?: (bytes: Uint8Array) => string;
}

/** The agent's way to the server. */
export interface ServerLink {
  /** Sends until the server has taken it for good (`ack`) or will never take it (`dead`). Rejects only when aborted. */
  send(queue: string, message: Message, signal: AbortSignal): Promise<Exclude<Verdict, "retry">>;
  /** Sends once; what comes of it is the verdict. */
  offer(queue: string, message: Message): Promise<Verdict>;
}

export function createServerLink(deps: LinkDeps): ServerLink {
  const wrap = (message: Message): Envelope => {
    const id = deps.newId();
    const envelope: Envelope = {
      protocol_version: protocolVersion,
      message_id: id,
      from_agent: deps.agentId,
      to_agent: "server",
      timestamp: deps.clock.now().toISOString(),
      trace_id: id,
      request_id: id,
      priority: 3,
      attempt: null,
      seq: null,
      x_custom_fields: {},
      signature: null,
      ...message,
    };
    if (deps.sign === undefined || !needsSignature(envelope)) return envelope;
    return { ...envelope, signature: deps.sign(envelopeBytes(envelope)) };
  };
  return {
    async send(queue, message, signal) {
      // One id for all repeats: the server takes the effect once.
      const envelope = wrap(message);
      let wait = deps.resendAfter;
      for (;;) {
        signal.throwIfAborted();
        const verdict = await deps.transport.deliver(queue, envelope);
        if (verdict !== "retry") return verdict;
        await delay(wait, undefined, { signal });
        wait = Math.min(wait * 2, deps.resendAfter * 30);
      }
    },
    offer: (queue, message) => deps.transport.deliver(queue, wrap(message)),
  };
}
