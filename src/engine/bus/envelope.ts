import type { Envelope, Message } from "../../contracts/agent-protocol.ts";
import { protocolVersion } from "../../contracts/agent-protocol.ts";
import { envelopeBytes, needsSignature } from "../../domain/gateway-proof.ts";

/** Wraps a message of the server for an agent, signed where the agent must know that it is ours. */
export function envelopeFor(
  agentId: string,
  message: Message,
  stamp: { id: string; at: Date; priority: number; sign: (bytes: Uint8Array) => string },
): Envelope {
  const envelope: Envelope = {
    protocol_version: protocolVersion,
    message_id: stamp.id,
    from_agent: "server",
    to_agent: agentId,
    timestamp: stamp.at.toISOString(),
    trace_id: stamp.id,
    request_id: stamp.id,
    priority: stamp.priority,
    attempt: null,
    seq: null,
    x_custom_fields: {},
    signature: null,
    ...message,
  };
  return needsSignature(envelope)
    ? { ...envelope, signature: stamp.sign(envelopeBytes(envelope)) }
    : envelope;
}
