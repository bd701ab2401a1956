import { randomUUID } from "node:crypto";
import { openGateway } from "../adapters/bus/websocket/open-gateway.ts";
import { createAgentKeys, openAgentKeys, type AgentKeys } from "../adapters/keys/agent-keys.ts";
import type { Enrolment, Login } from "../contracts/gateway.ts";
import { ChiffonError } from "../domain/errors.ts";
import { enrolmentBytes, loginBytes, rotationBytes } from "../domain/gateway-proof.ts";
import { saveAgentIdentity, type AgentIdentityFile } from "./agent-identity.ts";

export interface JoinWish {
  readonly url: URL;
  /** `SHA256:…` of the server's key, as `chiffon agents invite` printed it. */
  readonly fingerprint: string;
  readonly code: string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

/**
 * Joins: makes the agent's keys on this machine, and lets the server know them in exchange for the code. The identity lies in
 * the data directory afterwards. @throws ChiffonError as `openGateway` does
 */
export async function joinServer(dataDir: string, wish: JoinWish): Promise<AgentIdentityFile> {
  const keys = createAgentKeys();
  const opened = await openGateway({
    url: wish.url,
    pin: { fingerprint: wish.fingerprint },
    introduce: (handshake): Enrolment => {
      const given = {
        code: wish.code,
        agent_type: wish.type,
        signing_key: keys.signingKey,
        sealing_key: keys.sealingKey,
      };
      const signature = keys.sign(enrolmentBytes(handshake, given));
      const about = { name: wish.name, version: wish.version, instance: randomUUID() };
      return { type: "enrol", ...given, ...about, signature };
    },
    signal: wish.signal,
  });
  opened.socket.close(1000);
  const identity: AgentIdentityFile = {
    url: wish.url.href,
    serverKey: opened.serverKey,
    agentId: opened.session.agent_id,
    agentType: opened.session.agent_type,
    name: wish.name,
    keys: keys.file,
  };
  await saveAgentIdentity(dataDir, identity);
  return identity;
}

/** Changes the agent's keys: the new ones are made here, and signed by the old. */
export async function changeKeys(
  dataDir: string,
  identity: AgentIdentityFile,
  signal: AbortSignal,
): Promise<AgentIdentityFile> {
  const next = createAgentKeys();
  const between = { ...identity, nextKeys: next.file };
  // Before the server knows them: killed in the middle, the agent has whichever of the two counts.
  await saveAgentIdentity(dataDir, between);
  await logIn(identity, { keys: openAgentKeys(identity.keys), next, signal });
  return await settle(dataDir, between, next);
}

/** After a change of keys that was interrupted: finds out which keys count. */
export async function settleKeys(
  dataDir: string,
  identity: AgentIdentityFile,
  signal: AbortSignal,
): Promise<AgentIdentityFile> {
  if (identity.nextKeys === undefined) return identity;
  const next = openAgentKeys(identity.nextKeys);
  try {
    await logIn(identity, { keys: next, signal });
    return await settle(dataDir, identity, next);
  } catch (error) {
    if (!ChiffonError.is(error) || error.code !== "not-allowed") throw error;
    return await settle(dataDir, identity, openAgentKeys(identity.keys));
  }
}

async function settle(
  dataDir: string,
  identity: AgentIdentityFile,
  keys: AgentKeys,
): Promise<AgentIdentityFile> {
  const { nextKeys: _, ...rest } = identity;
  const settled = { ...rest, keys: keys.file };
  await saveAgentIdentity(dataDir, settled);
  return settled;
}

async function logIn(
  { url, serverKey, agentId }: AgentIdentityFile,
  { keys, next, signal }: { keys: AgentKeys; next?: AgentKeys; signal: AbortSignal },
): Promise<void> {
  const instance = randomUUID();
  const opened = await openGateway({
    url: new URL(url),
    pin: { key: serverKey },
    introduce: (handshake): Login => {
      const login = {
        type: "login" as const,
        agent_id: agentId,
        instance,
        signature: keys.sign(loginBytes(handshake, { agent_id: agentId, instance })),
      };
      if (next === undefined) return login;
      const fresh = { signing_key: next.signingKey, sealing_key: next.sealingKey };
      const signature = keys.sign(rotationBytes(handshake, { agent_id: agentId, ...fresh }));
      return { ...login, rotate: { ...fresh, signature } };
    },
    signal,
  });
  opened.socket.close(1000);
}
