import { hash, randomUUID } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { startExecutor, type Executor } from "../agent/executor.ts";
import type { ExecutorDeps } from "../agent/executor-deps.ts";
import { startHeartbeat } from "../agent/heartbeat.ts";
import { createOrderStore } from "../agent/order-store.ts";
import { createServerLink, type ServerLink } from "../agent/server-link.ts";
import { connectAgent, type AgentTransport } from "../adapters/bus/websocket/agent-transport.ts";
import { openAgentKeys, verifiesWith, type AgentKeys } from "../adapters/keys/agent-keys.ts";
import { createMachineMetrics } from "../adapters/metrics/machine.ts";
import { keepSupervisorWaiting } from "../ansible/process/waiting-supervisor.ts";
import { createSnapshotStore } from "../ansible/snapshot/store.ts";
import { sealContext } from "../domain/approval.ts";
import type { ChiffonError } from "../domain/errors.ts";
import { scaleWaits, type Waits } from "../domain/waits.ts";
import type { AgentIdentityFile } from "./agent-identity.ts";
import { outputCapBytes } from "./agents.ts";
import { agentStore } from "./build-engine.ts";
import { createRemoteBlobs } from "./remote-blobs.ts";
import { createToolFinder } from "./tool-finder.ts";

export interface RemoteAgentOptions {
  readonly dataDir: string;
  readonly identity: AgentIdentityFile;
  readonly searchPath: string;
  readonly home: string;
  readonly version: string;
  readonly waitScale: number;
  readonly onState: (state: { connected: boolean; why: string | null }) => void;
  readonly onRefused: (error: ChiffonError) => void;
  readonly onError: (error: unknown) => void;
}

interface Parts extends RemoteAgentOptions {
  readonly keys: AgentKeys;
  readonly waits: Waits;
  readonly link: ServerLink;
  readonly transport: AgentTransport;
}

/** An agent on a machine of its own: its keys, its store of snapshots, its connection. Disposing lets playbooks go on. */
export async function startRemoteAgent(
  options: RemoteAgentOptions,
): Promise<AsyncDisposable & { runningTasks(): string[] }> {
  const { identity, onError } = options;
  await using stack = new AsyncDisposableStack();
  const keys = openAgentKeys(identity.keys);
  const waits = scaleWaits(options.waitScale);
  const clock = { now: () => new Date() };
  const transport = stack.use(
    connectAgent({
      url: new URL(identity.url),
      serverKey: identity.serverKey,
      agentId: identity.agentId,
      keys,
      instance: randomUUID(),
      pingEvery: waits.silence / 6,
      reconnectAfter: 1_000 * options.waitScale,
      random: Math.random,
      onState: options.onState,
      onRefused: options.onRefused,
      onError,
    }),
  );
  const link = createServerLink({
    transport,
    clock,
    newId: randomUUID,
    agentId: identity.agentId,
    resendAfter: 200,
    sign: keys.sign,
  });
  const parts: Parts = { ...options, keys, waits, link, transport };
  const isInfra = identity.agentType === "infra";
  const executor = isInfra ? stack.use(await startExecuting(parts, stack)) : undefined;
  const running = (): string[] => executor?.running() ?? [];
  const metrics = createMachineMetrics({ diskPath: options.dataDir, searchPath: options.searchPath });
  stack.use(
    await startHeartbeat({
      link,
      identity: {
        agent_id: identity.agentId,
        agent_type: identity.agentType,
        name: identity.name,
        capabilities: isInfra ? ["ansible"] : [],
        version: options.version,
      },
      metrics: (signal) => metrics.read(signal),
      running,
      every: waits.heartbeatEvery,
      onError,
    }),
  );
  const kept = stack.move();
  return { runningTasks: running, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function startExecuting(parts: Parts, stack: AsyncDisposableStack): Promise<Executor> {
  const { dataDir, identity, keys, onError, transport } = parts;
  const runs = path.join(dataDir, "runs");
  const tools = createToolFinder(parts);
  return await startExecutor(
    {
      agentId: identity.agentId,
      link: parts.link,
      orders: createOrderStore(runs, (folder) =>
        onError(new Error(`the order in ${folder} cannot be read; its playbook may still run there`)),
      ),
      clock: { now: () => new Date() },
      waits: parts.waits,
      waitScale: parts.waitScale,
      newId: randomUUID,
      sha256: (text) => hash("sha256", text),
      tools,
      verify: (bytes, signature) => verifiesWith(identity.serverKey, bytes, signature),
      snapshots: agentStore(createSnapshotStore({ root: path.join(dataDir, "snapshots") })),
      blobs: createRemoteBlobs(transport),
      secrets: sealedSecrets(identity.agentId, keys),
      supervisor: stack.use(keepSupervisorWaiting(tools, { folder: runs })),
      outputCapBytes,
      onError,
    },
    transport,
  );
}

const Sealed = z.array(z.object({ name: z.string(), version: z.int(), value: z.string() }));

/** The secrets that came with an order: sealed on disk, open in memory only, and no others. */
function sealedSecrets(agentId: string, keys: AgentKeys): ExecutorDeps["secrets"] {
  const openAll = (order: Parameters<ExecutorDeps["secrets"]["redacted"]>[0]): z.infer<typeof Sealed> => {
    if (order.secrets === undefined) return [];
    const text = keys.open(order.secrets, sealContext(order, agentId));
    return text === undefined ? [] : (Sealed.safeParse(JSON.parse(text)).data ?? []);
  };
  return {
    values: (order, refs) =>
      Promise.resolve(openAll(order).filter(({ name }) => refs.some((ref) => ref.name === name))),
    redacted: (order) => Promise.resolve(openAll(order).map(({ name, version }) => ({ name, version }))),
  };
}
