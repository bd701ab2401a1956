import { z } from "zod";
import { AgentType } from "./agent-protocol.ts";
import { SnapshotFile } from "./plan.ts";
import { Id, Sha256 } from "./vocabulary.ts";

/*
 * What an agent and the server say on the agent's WebSocket, each frame one JSON text. First both prove who they are:
 *
 *   agent:  hello (a number that nobody used before)
 *   server: proof (its key, its certificate, both numbers signed)      the agent compares the key with the one that it was given
 *   agent:  enrol (a code, its own new keys) or login (who it is), signed over the same numbers
 *   server: session, or refused
 *
 * Then either side delivers envelopes and answers with a verdict, and the agent asks for files of snapshots. Pieces of files are
 * binary frames: four bytes with the number of the question, then the content.
 */

/** Ed25519 or X25519 public key, or Ed25519 signature; raw, base64. */
const key = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
const signature = z
  .string()
  .regex(/^[A-Za-z0-9+/]{86}==$/)
  .describe("Ed25519, base64.");
const nonce = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/)
  .describe("32 random bytes, base64; never used before.");

export const AgentHello = z.object({
  type: z.literal("hello"),
  nonce,
  protocol_versions: z
    .array(z.string().max(20))
    .min(1)
    .max(20)
    .describe("Versions of the agent protocol that the agent speaks, the preferred one first."),
});
export type AgentHello = z.infer<typeof AgentHello>;

export const ServerProof = z.object({
  type: z.literal("proof"),
  nonce,
  server_key: key,
  certificate: z
    .string()
    .max(200)
    .nullable()
    .describe(
      "SHA-256 of the server's TLS certificate, `AA:BB:…`; null where something else ends TLS, or on loopback.",
    ),
  protocol_version: z.string().max(20).describe("The version that both speak."),
  signature,
});
export type ServerProof = z.infer<typeof ServerProof>;

const describing = { name: z.string().min(1).max(200), version: z.string().max(100) };

export const Enrolment = z.object({
  type: z.literal("enrol"),
  code: z.string().max(200),
  agent_type: AgentType,
  ...describing,
  signing_key: key,
  sealing_key: key,
  instance: Id.describe("Different for each start of the agent's process."),
  signature,
});
export type Enrolment = z.infer<typeof Enrolment>;

export const Login = z.object({
  type: z.literal("login"),
  agent_id: Id,
  instance: Id,
  broker: z
    .boolean()
    .optional()
    .describe(
      "Its messages go over RabbitMQ; this connection is for files, and for the time in which the broker is away.",
    ),
  rotate: z
    .object({ signing_key: key, sealing_key: key, signature })
    .optional()
    .describe("New keys, where the agent changes its keys with this login; the signature is by the old one."),
  signature,
});
export type Login = z.infer<typeof Login>;

export const GatewaySession = z.object({
  type: z.literal("session"),
  agent_id: Id,
  agent_type: AgentType,
  protocol_version: z.string().max(20),
});
export type GatewaySession = z.infer<typeof GatewaySession>;

export const Refused = z.object({
  type: z.literal("refused"),
  code: z.int().describe("Error code of the agent protocol."),
  message: z.string().max(2_000),
  final: z.boolean().describe("True when trying again cannot help."),
});
export type Refused = z.infer<typeof Refused>;

const number = z.int().min(1).max(0xffff_ffff);
const Verdict = z.enum(["ack", "retry", "dead"]);

/** What an agent may ask for: the list of a snapshot's files, and then their contents. */
export const Question = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("snapshot"), digest: Sha256 }),
  z.object({ kind: z.literal("blob"), sha256: Sha256 }),
]);
export type Question = z.infer<typeof Question>;

/** A frame of an open session, from either side. */
export const Frame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("deliver"), id: number, queue: z.string().max(200), envelope: z.unknown() }),
  z.object({ type: z.literal("verdict"), id: number, verdict: Verdict }),
  z.object({ type: z.literal("ask"), id: number, question: Question }),
  // The next piece is wanted: at most so many bytes are on their way that nobody has taken.
  z.object({ type: z.literal("more"), id: number }),
  z.object({ type: z.literal("stop"), id: number }),
  z.object({ type: z.literal("files"), id: number, files: z.array(SnapshotFile).max(10_000) }),
  z.object({ type: z.literal("end"), id: number, problem: z.string().max(2_000).nullable() }),
]);
export type Frame = z.infer<typeof Frame>;

/** Bytes that one frame may have. */
export const largestFrame = 8 * 1_048_576;
