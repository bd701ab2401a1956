import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { z } from "zod";
import { protocolVersion } from "../../../contracts/agent-protocol.ts";
import {
  GatewaySession,
  largestFrame,
  Refused,
  ServerProof,
  type AgentHello,
  type Enrolment,
  type Login,
} from "../../../contracts/gateway.ts";
import { ChiffonError } from "../../../domain/errors.ts";
import { serverProofBytes, type Handshake } from "../../../domain/gateway-proof.ts";
import { fingerprintOf, verifiesWith } from "../../keys/agent-keys.ts";
import { newNonce, readFrames, type FrameReader } from "./handshake.ts";

/** How the agent knows the server: by its whole key, or before it has joined by the key's fingerprint. */
export type ServerPin = { readonly key: string } | { readonly fingerprint: string };

export interface OpenOptions {
  /** Address of the server, `https://…`; plain `http://` on this machine only. */
  readonly url: URL;
  readonly pin: ServerPin;
  /** What the agent says of itself, once the server has proved who it is. */
  readonly introduce: (handshake: Handshake) => Enrolment | Login;
  readonly signal: AbortSignal;
}

export interface OpenGateway {
  readonly socket: WebSocket;
  readonly reader: FrameReader;
  readonly session: GatewaySession;
  /** Ed25519, raw, base64. */
  readonly serverKey: string;
}

const gatewayPath = "/api/v1/agents/gateway";
const connectWithin = 15_000;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Connects to the server's gateway. The server proves that it has the pinned key on this very connection before the agent says
 * anything of itself, so that nobody in between learns a code.
 * @throws ChiffonError `server-unreachable` when trying again may help, `not-allowed` when the server is another one or refuses
 */
export async function openGateway(options: OpenOptions): Promise<OpenGateway> {
  const { url } = options;
  if (url.protocol !== "https:" && !loopback.test(url.hostname))
    throw new ChiffonError("bad-input", `The connection to ${url.host} would not be encrypted.`, {
      hint: "Start the server with --host, which gives it TLS, and use its https:// address.",
    });
  const target = new URL(url.origin + url.pathname.replace(/\/+$/, "") + gatewayPath);
  target.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(target, {
    handshakeTimeout: connectWithin,
    maxPayload: largestFrame,
    perMessageDeflate: false,
    // The server's own certificate is signed by nobody: what counts is the key that signs its fingerprint, checked below.
    rejectUnauthorized: false,
  });
  const reader = readFrames(socket);
  const stop = (): void => socket.terminate();
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    const seen = await opened(socket, url);
    return { socket, reader, ...(await introduce(options, { socket, reader, seen })) };
  } catch (error) {
    socket.terminate();
    if (options.signal.aborted || ChiffonError.is(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw unreachable(url, why, error);
  } finally {
    options.signal.removeEventListener("abort", stop);
  }
}

/** What the agent sees of the server's certificate; undefined without TLS. */
interface Seen {
  readonly fingerprint: string | undefined;
  /** Whether an authority that this machine trusts vouches for it. */
  readonly authorized: boolean;
}

async function opened(socket: WebSocket, url: URL): Promise<Seen> {
  return await new Promise((resolve, reject) => {
    socket.on("upgrade", (response: IncomingMessage) => {
      const from = response.socket;
      const certificate = from instanceof TLSSocket ? from.getPeerCertificate().raw : undefined;
      resolve({
        fingerprint: certificate && new X509Certificate(certificate).fingerprint256,
        authorized: from instanceof TLSSocket && from.authorized,
      });
    });
    socket.on("error", reject);
    socket.on("unexpected-response", (_request, response: IncomingMessage) => {
      response.resume();
      reject(
        unreachable(
          url,
          `it answered with status ${response.statusCode ?? 0} instead of opening a WebSocket`,
        ),
      );
    });
  });
}

async function introduce(
  options: OpenOptions,
  { socket, reader, seen }: { socket: WebSocket; reader: FrameReader; seen: Seen },
): Promise<Pick<OpenGateway, "session" | "serverKey">> {
  if (socket.readyState !== socket.OPEN) await new Promise((resolve) => socket.once("open", resolve));
  const hello: AgentHello = { type: "hello", nonce: newNonce(), protocol_versions: [protocolVersion] };
  socket.send(JSON.stringify(hello));
  const proof = refuseRefusal(await reader.next(z.discriminatedUnion("type", [ServerProof, Refused])));
  const handshake: Handshake = {
    agentNonce: hello.nonce,
    serverNonce: proof.nonce,
    serverKey: proof.server_key,
    certificate: proof.certificate,
  };
  checkServer(options, { proof, handshake, seen });
  socket.send(JSON.stringify(options.introduce(handshake)));
  const session = refuseRefusal(await reader.next(z.discriminatedUnion("type", [GatewaySession, Refused])));
  return { session, serverKey: proof.server_key };
}

function checkServer(
  { url, pin }: OpenOptions,
  { proof, handshake, seen }: { proof: ServerProof; handshake: Handshake; seen: Seen },
): void {
  const isPinned =
    "key" in pin ? pin.key === proof.server_key : pin.fingerprint === fingerprintOf(proof.server_key);
  const notTheSame = (why: string): ChiffonError =>
    new ChiffonError(
      "not-allowed",
      `What answers at ${url.host} is not the server that this agent was told of: ${why}.`,
      {
        hint: "Nothing was said to it. Compare the fingerprint with the one that chiffon agents invite prints.",
      },
    );
  if (!isPinned) throw notTheSame(`its key is ${fingerprintOf(proof.server_key)}`);
  if (!verifiesWith(proof.server_key, serverProofBytes(handshake), proof.signature))
    throw notTheSame("it could not sign with that key");
  // Somebody in between would have a certificate of their own.
  const isDirect = proof.certificate === (seen.fingerprint ?? null);
  if (!isDirect && !(proof.certificate === null && seen.authorized))
    throw notTheSame("its certificate is another one than the server's, so somebody stands in between");
}

function refuseRefusal<T>(answer: T | Refused): T {
  if (!isRefusal(answer)) return answer;
  throw new ChiffonError(
    answer.final ? "not-allowed" : "server-unreachable",
    `The server refuses this agent: ${answer.message}`,
  );
}

function isRefusal(answer: unknown): answer is Refused {
  return Refused.safeParse(answer).success;
}

function unreachable(url: URL, why: string, cause?: unknown): ChiffonError {
  return new ChiffonError("server-unreachable", `The server at ${url.host} cannot be reached: ${why}.`, {
    hint: "Is it running, and does its address hold from this machine?",
    cause,
  });
}
