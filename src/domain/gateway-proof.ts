import type { Envelope } from "../contracts/agent-protocol.ts";
import { canonicalJson } from "./canonical-json.ts";

/** What makes this connection different from every other: both numbers, and the certificate that the agent sees. */
export interface Handshake {
  readonly agentNonce: string;
  readonly serverNonce: string;
  /** Public key of the server, raw, base64. */
  readonly serverKey: string;
  /** SHA-256 of the server's certificate; null where the connection has none of its own. */
  readonly certificate: string | null;
}

const bytesOf = (format: string, value: unknown): Uint8Array =>
  new TextEncoder().encode(`${format}\n${canonicalJson(value)}`);

/** What the server signs to show that it has the key that the agent was told of, on this very connection. */
export function serverProofBytes(handshake: Handshake): Uint8Array {
  return bytesOf("chiffon-gateway-server-1", { ...handshake });
}

/** What an agent signs with the key that it enrols with. */
export function enrolmentBytes(
  handshake: Handshake,
  given: { code: string; agent_type: string; signing_key: string; sealing_key: string },
): Uint8Array {
  const { code, agent_type, signing_key, sealing_key } = given;
  return bytesOf("chiffon-gateway-enrol-1", { ...handshake, code, agent_type, signing_key, sealing_key });
}

/** What an agent signs at each later connection. */
export function loginBytes(handshake: Handshake, given: { agent_id: string; instance: string }): Uint8Array {
  const { agent_id, instance } = given;
  return bytesOf("chiffon-gateway-login-1", { ...handshake, agent_id, instance });
}

/** What an agent signs with its old key to change to new ones. */
export function rotationBytes(
  handshake: Handshake,
  given: { agent_id: string; signing_key: string; sealing_key: string },
): Uint8Array {
  const { agent_id, signing_key, sealing_key } = given;
  return bytesOf("chiffon-gateway-rotate-1", { ...handshake, agent_id, signing_key, sealing_key });
}

/**
 * Messages that nobody else may say: what begins, ends and changes work. Signs of life and pieces of output are many, and worth
 * nothing without the result that is signed; an order carries a signature of its own.
 */
const signedTypes: ReadonlySet<Envelope["type"]> = new Set([
  "work_accepted",
  "work_result",
  "lease_renew",
  "control",
  "error",
]);

export function needsSignature(envelope: Pick<Envelope, "type">): boolean {
  return signedTypes.has(envelope.type);
}

/** The bytes of an envelope that its signature covers: all of it, as it was before it was signed. */
export function envelopeBytes(envelope: Envelope): Uint8Array {
  return bytesOf("chiffon-envelope-1", { ...envelope, signature: null });
}
