import { queues, type Envelope } from "../../contracts/agent-protocol.ts";
import { envelopeBytes, needsSignature } from "../../domain/gateway-proof.ts";
import { verifiesWith } from "../keys/agent-keys.ts";

/** Which types of message belong in which of the server's queues. */
const accepted: Readonly<Record<string, ReadonlySet<string>>> = {
  [queues.result]: new Set(["work_accepted", "work_result", "lease_renew", "error"]),
  [queues.log]: new Set(["work_output", "work_status"]),
  [queues.heartbeat]: new Set(["heartbeat"]),
};

/**
 * Why what came cannot be from this agent; undefined when it is: in its own name, in a queue that it is for, and signed by its
 * key where that matters. The shape of the rest is for the contract to check.
 */
export function findForgery(
  queue: string,
  message: unknown,
  agent: { readonly id: string; readonly signingKey: string },
): string | undefined {
  if (!isEnvelopeLike(message)) return "it sent what is no message";
  if (message.from_agent !== agent.id) return "it sent a message in the name of another agent";
  if (accepted[queue]?.has(message.type) !== true)
    return "it sent a message of a type that does not belong in that queue";
  const { payload } = message;
  if ("agent_id" in payload && payload.agent_id !== agent.id) return "it spoke about itself as another agent";
  return isSigned(message, agent.signingKey) ? undefined : "it sent a message that its key did not sign";
}

/** Whether what came is from the server, for this agent. An order carries its own signature, which the agent checks. */
export function isFromServer(
  message: unknown,
  to: { readonly id: string; readonly serverKey: string },
): boolean {
  return isEnvelopeLike(message) && message.to_agent === to.id && isSigned(message, to.serverKey);
}

function isSigned(message: Envelope, key: string): boolean {
  if (!needsSignature(message)) return true;
  try {
    return message.signature !== null && verifiesWith(key, envelopeBytes(message), message.signature);
  } catch {
    // It has no canonical JSON: nobody can have signed it.
    return false;
  }
}

/** As much of an envelope as is looked at here; it stays as it came, because the signature covers that. */
function isEnvelopeLike(message: unknown): message is Envelope {
  return (
    typeof message === "object" &&
    message !== null &&
    "type" in message &&
    typeof message.type === "string" &&
    "payload" in message &&
    typeof message.payload === "object" &&
    message.payload !== null &&
    "signature" in message &&
    (message.signature === null || typeof message.signature === "string")
  );
}
