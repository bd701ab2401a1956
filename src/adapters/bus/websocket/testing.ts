import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer as createPlain, type Server } from "node:http";
import { createServer as createSecure } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { largestFrame } from "../../../contracts/gateway.ts";
import { ChiffonError } from "../../../domain/errors.ts";
import { loginBytes } from "../../../domain/gateway-proof.ts";
import { createAgentKeys, verifiesWith, type AgentKeys } from "../../keys/agent-keys.ts";
import type { Library } from "./answering.ts";
import { createGateway, type Gateway, type KnownAgent } from "./gateway.ts";

/** A gateway behind a real server on loopback, with agents in memory. */
export interface GatewayStage extends AsyncDisposable {
  readonly url: URL;
  readonly gateway: Gateway;
  readonly serverKey: { readonly publicKey: string; sign(bytes: Uint8Array): string };
  /** Makes a new agent that may log in. */
  agent(type?: string): { readonly id: string; readonly keys: AgentKeys };
  /** What was told of agents that did what they must not. */
  readonly refused: { readonly agentId: string; readonly why: string }[];
  /** Ends all connections without a word. */
  interrupt(): void;
}

export interface GatewayStageOptions {
  readonly tls?: { readonly key: string; readonly cert: string; readonly fingerprint: string };
  /** What the server believes its certificate to be; default: what it has. */
  readonly certificate?: string;
  readonly library?: Library;
  readonly pingEvery?: number;
  readonly serverKey?: GatewayStage["serverKey"];
}

const nothing: Library = {
  files: () => Promise.reject(new ChiffonError("not-found", "there is nothing here")),
  content: () => {
    throw new ChiffonError("not-found", "there is nothing here");
  },
};

export function createServerKey(): GatewayStage["serverKey"] {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  return {
    publicKey: Buffer.from(x ?? "", "base64url").toString("base64"),
    sign: (bytes) => sign(null, bytes, privateKey).toString("base64"),
  };
}

export async function openGatewayStage(options: GatewayStageOptions = {}): Promise<GatewayStage> {
  const { tls, library = nothing, serverKey = createServerKey() } = options;
  const agents = new Map<string, KnownAgent>();
  const refused: { agentId: string; why: string }[] = [];
  const gateway = createGateway({
    serverKey,
    registry: {
      enrol: () => Promise.reject(new ChiffonError("not-allowed", "nobody may join here")),
      login: (given, handshake) => {
        const agent = agents.get(given.agent_id);
        if (
          agent !== undefined &&
          verifiesWith(agent.signingKey, loginBytes(handshake, given), given.signature)
        )
          return Promise.resolve(agent);
        return Promise.reject(new ChiffonError("not-allowed", "the signature is not by its key"));
      },
      admit: (agent) => Promise.resolve(agent),
      left: () => Promise.resolve(),
      refused: ({ id }, _connection, why) => {
        refused.push({ agentId: id, why });
        return Promise.resolve();
      },
      seen: () => Promise.resolve(),
    },
    library: () => library,
    pingEvery: options.pingEvery ?? 10_000,
    seenEvery: 1_000,
    onError: (error) => {
      throw error;
    },
    onChange: () => {},
  });
  const server: Server = tls === undefined ? createPlain() : createSecure(tls);
  const sockets = new WebSocketServer({ server, maxPayload: largestFrame });
  const certificate = options.certificate ?? tls?.fingerprint ?? null;
  sockets.on("connection", (socket) => gateway.serve(socket, { address: "127.0.0.1", certificate }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`),
    gateway,
    serverKey,
    refused,
    agent(type = "infra") {
      const id = randomUUID();
      const keys = createAgentKeys();
      agents.set(id, { id, type, signingKey: keys.signingKey });
      return { id, keys };
    },
    interrupt: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
