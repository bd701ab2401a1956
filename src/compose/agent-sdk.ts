import { hash, randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { lockDataDirectory } from "../adapters/database/data-lock.ts";
import { verifiesWith } from "../adapters/keys/agent-keys.ts";
import { takeOrders, type Executor } from "../agent/executor.ts";
import { createOrderStore } from "../agent/order-store.ts";
import { liveWork, type WorkCode } from "../agent/work-life.ts";
import { ChiffonError } from "../domain/errors.ts";
import { findAgentIdentity, type AgentIdentityFile } from "./agent-identity.ts";
import { startConnected, type ConnectedParts } from "./connected-agent.ts";
import { joinServer, settleKeys } from "./join-agent.ts";
import { sealedSecrets } from "./sealed-secrets.ts";

export type { Progress } from "../contracts/agent-protocol.ts";
export type { Work, WorkEnd } from "../agent/work.ts";

/*
 * Published as `chiffonctl/agent`: an agent with code of its own. The order is kept before it begins, begins only on the
 * server's word and never twice, its lease is renewed, what it says and its result are sent until the server has them.
 */

/** Where and how an agent joins, as `chiffon agents invite` prints it. */
export interface Join {
  readonly url: string;
  /** `SHA256:…` of the server's key. */
  readonly serverKey: string;
  /** Asked for when the agent has not joined yet. */
  readonly code: string | (() => Promise<string>);
}

export interface AgentOptions extends WorkCode {
  /** Private to this agent: its keys, and what it has in hand. Made when missing. */
  readonly dataDir: string;
  /** As in the invitation. */
  readonly type: string;
  /** For people. */
  readonly name: string;
  /** Of the agent's own code. */
  readonly version: string;
  /** What it can do; an agent of type `infra` with `ansible` gets the steps of plans. */
  readonly capabilities: readonly string[];
  /** Used the first time; later the agent knows its server. */
  readonly join?: Join;
  /** Folders, as in PATH, with the programs that tell about graphics processors. */
  readonly searchPath?: string;
  /** The connection began or ended. */
  readonly onState?: (state: { connected: boolean; why: string | null }) => void;
  /** Something went wrong that is tried again. */
  readonly onError?: (error: unknown) => void;
}

export interface Agent extends AsyncDisposable {
  readonly id: string;
  /** Tasks that it has in hand. */
  runningTasks(): string[];
  /** Tells work that is under way to stop, says what became of it, and goodbye. */
  stop(): Promise<void>;
  /** Resolves when it has stopped; rejects when it can never connect again, because it was revoked for example. */
  readonly ended: Promise<void>;
}

/** Starts an agent; the first time it joins. @throws ChiffonError with what to do */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  await using stack = new AsyncDisposableStack();
  const dataDir = path.resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  stack.use(await lockDataDirectory(dataDir));
  const identity = await identify(options, dataDir);
  const ended = Promise.withResolvers<void>();
  // Who does not look at it is not to be ended by it.
  ended.promise.catch(() => {});
  const refused = Promise.withResolvers<ChiffonError>();
  const connected = stack.use(
    await startConnected({
      dataDir,
      identity,
      capabilities: options.capabilities,
      searchPath: options.searchPath ?? "/usr/local/bin:/usr/bin:/bin",
      version: options.version,
      waitScale: 1,
      onState: options.onState ?? (() => {}),
      onError: options.onError ?? (() => {}),
      onRefused: refused.resolve,
      work: (parts) => startWork({ ...options, ...parts, dataDir, identity }),
    }),
  );
  const kept = stack.move();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= kept.disposeAsync());
  void refused.promise.then(async (error) => {
    await stop();
    ended.reject(error);
  });
  const stopByHand = async (): Promise<void> => {
    await stop();
    ended.resolve();
  };
  return {
    id: identity.agentId,
    runningTasks: connected.runningTasks,
    stop: stopByHand,
    ended: ended.promise,
    [Symbol.asyncDispose]: stopByHand,
  };
}

async function identify(options: AgentOptions, dataDir: string): Promise<AgentIdentityFile> {
  const { join, type, name, version } = options;
  const signal = AbortSignal.timeout(60_000);
  const known = await findAgentIdentity(dataDir);
  if (known !== undefined && known.agentType !== type)
    throw new ChiffonError(
      "conflict",
      `The agent in ${dataDir} has joined as ${known.agentType}, not ${type}.`,
      {
        hint: "Give an agent of another type a data directory and an invitation of its own.",
      },
    );
  if (known !== undefined) return await settleKeys(dataDir, known, signal);
  if (join === undefined)
    throw new ChiffonError("setup-needed", `The agent in ${dataDir} has not joined a server yet.`, {
      hint: "On the server: chiffon agents invite. Pass what it prints as `join`: { url, serverKey, code }.",
    });
  const code = typeof join.code === "string" ? join.code : await join.code();
  const { url, serverKey: fingerprint } = join;
  return await joinServer(dataDir, {
    url: new URL(url),
    fingerprint,
    code: code.trim(),
    type,
    name,
    version,
    signal,
  });
}

async function startWork(
  parts: AgentOptions & ConnectedParts & { identity: AgentIdentityFile },
): Promise<Executor> {
  const { identity, keys, link, transport, waits, onError = () => {} } = parts;
  const { agentId, serverKey } = identity;
  const secrets = sealedSecrets(agentId, keys);
  const orders = createOrderStore(path.join(parts.dataDir, "runs"), (folder) =>
    onError(new Error(`the order in ${folder} cannot be read; it is left alone`)),
  );
  const deps = {
    agentId,
    link,
    orders,
    secrets,
    waits,
    clock: { now: () => new Date() },
    sha256: (text: string) => hash("sha256", text),
    verify: (bytes: Uint8Array, signature: string) => verifiesWith(serverKey, bytes, signature),
    onError,
    code: parts,
  };
  return await takeOrders(
    {
      ...deps,
      newId: randomUUID,
      redacted: secrets.redacted,
      live: (held, signal) => liveWork(deps, held, signal),
    },
    transport,
  );
}
