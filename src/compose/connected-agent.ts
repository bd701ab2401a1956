import { randomUUID } from "node:crypto";
import type { Executor } from "../agent/executor.ts";
import { startHeartbeat } from "../agent/heartbeat.ts";
import { createServerLink, type ServerLink } from "../agent/server-link.ts";
import { connectAgent, type AgentTransport } from "../adapters/bus/websocket/agent-transport.ts";
import { openAgentKeys, type AgentKeys } from "../adapters/keys/agent-keys.ts";
import { createMachineMetrics } from "../adapters/metrics/machine.ts";
import type { ChiffonError } from "../domain/errors.ts";
import { scaleWaits, type Waits } from "../domain/waits.ts";
import { throughBroker } from "./agent-broker.ts";
import type { AgentIdentityFile } from "./agent-identity.ts";

export interface ConnectedOptions {
  readonly dataDir: string;
  readonly identity: AgentIdentityFile;
  readonly capabilities: readonly string[];
  /** Where programs are looked for that tell about the machine. */
  readonly searchPath: string;
  readonly version: string;
  /** RabbitMQ for its messages, with the agent's own user; default: all goes over the connection to the server. */
  readonly rabbit?: { readonly url: string; readonly caFile: string | undefined } | undefined;
  readonly waitScale: number;
  readonly onState: (state: { connected: boolean; why: string | null }) => void;
  /** Called whenever the server, or the broker for it, has taken a sign of life. */
  readonly onHeard?: () => void;
  readonly onRefused: (error: ChiffonError) => void;
  readonly onError: (error: unknown) => void;
  /** Begins to take orders; absent for an agent that only reports its machine. */
  readonly work?: (parts: ConnectedParts, stack: AsyncDisposableStack) => Promise<Executor>;
}

/** What a connected agent works with. */
export interface ConnectedParts {
  readonly keys: AgentKeys;
  readonly waits: Waits;
  readonly link: ServerLink;
  readonly transport: AgentTransport;
}

/** An agent that has joined: its keys, its connection, its signs of life, and what it does with orders. */
export async function startConnected(
  options: ConnectedOptions,
): Promise<AsyncDisposable & { runningTasks(): string[] }> {
  const { identity, onError } = options;
  await using stack = new AsyncDisposableStack();
  const keys = openAgentKeys(identity.keys);
  const waits = scaleWaits(options.waitScale);
  const clock = { now: () => new Date() };
  const { rabbit } = options;
  const gateway = connectAgent({
    url: new URL(identity.url),
    serverKey: identity.serverKey,
    agentId: identity.agentId,
    keys,
    instance: randomUUID(),
    broker: rabbit !== undefined,
    pingEvery: waits.silence / 6,
    reconnectAfter: 1_000 * options.waitScale,
    random: Math.random,
    onState: options.onState,
    onRefused: options.onRefused,
    onError,
  });
  const transport = stack.use(
    rabbit === undefined ? gateway : throughBroker({ rabbit, ...identity, onError }, gateway),
  );
  const link = createServerLink({
    transport,
    clock,
    newId: randomUUID,
    agentId: identity.agentId,
    resendAfter: 200,
    sign: keys.sign,
  });
  const executor = await options.work?.({ keys, waits, link, transport }, stack);
  if (executor !== undefined) stack.use(executor);
  const running = (): string[] => executor?.running() ?? [];
  const metrics = createMachineMetrics({ diskPath: options.dataDir, searchPath: options.searchPath });
  stack.use(
    await startHeartbeat({
      link,
      identity: {
        agent_id: identity.agentId,
        agent_type: identity.agentType,
        name: identity.name,
        capabilities: [...options.capabilities],
        version: options.version,
      },
      metrics: (signal) => metrics.read(signal),
      running,
      every: waits.heartbeatEvery,
      onHeard: options.onHeard,
      onError,
    }),
  );
  const kept = stack.move();
  return { runningTasks: running, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
