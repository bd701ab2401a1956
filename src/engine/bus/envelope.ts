import type { Envelope, Message } from "../../contracts/agent-protocol.ts";
import { protocolVersion } from "../../contracts/agent-protocol.ts";

/** Wraps a message of the server for an agent. */
export function envelopeFor(
  agentId: string,
  message: Message,
  stamp: { id: string; at: Date; priority: number },
): Envelope {
  return {
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
}
