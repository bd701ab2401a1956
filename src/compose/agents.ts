import { hash, randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { z } from "zod";
import { startExecutor } from "../agent/executor.ts";
import type { ExecutorDeps } from "../agent/executor-deps.ts";
import { startHeartbeat } from "../agent/heartbeat.ts";
import { createOrderStore } from "../agent/order-store.ts";
import { keepSupervisorWaiting } from "../ansible/process/waiting-supervisor.ts";
import { createServerLink } from "../agent/server-link.ts";
import { Id } from "../contracts/vocabulary.ts";
import type { Waits } from "../domain/waits.ts";
import type { Transport } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { MetricsSource } from "../ports/metrics.ts";

const AgentIds = z.object({ infra: Id, desktop: Id });

export interface LocalAgentsDeps extends Pick<
  ExecutorDeps,
  "tools" | "verify" | "snapshots" | "blobs" | "secrets" | "waitScale" | "onError"
> {
  readonly dataDir: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly waits: Waits;
  readonly metrics: MetricsSource;
  readonly version: string;
}

/** Beyond this the middle of a run's output is dropped. */
export const outputCapBytes = 1_000_000_000;

/** The two agents of the embedded shape: one executes, one reports this machine's resources. */
export async function startLocalAgents(
  deps: LocalAgentsDeps,
): Promise<AsyncDisposable & { runningTasks(): string[] }> {
  const { transport, clock, waits, onError } = deps;
  await using stack = new AsyncDisposableStack();
  const ids = await loadIds(path.join(deps.dataDir, "agents.json"));
  const linkOf = (agentId: string) =>
    createServerLink({ transport, clock, newId: randomUUID, agentId, resendAfter: 200 });
  const beat = async (agent: { id: string; type: string; capabilities: string[]; running: () => string[] }) =>
    stack.use(
      await startHeartbeat({
        link: linkOf(agent.id),
        identity: {
          agent_id: agent.id,
          agent_type: agent.type,
          name: hostname(),
          capabilities: agent.capabilities,
          version: deps.version,
        },
        metrics: (signal) => deps.metrics.read(signal),
        running: agent.running,
        every: waits.heartbeatEvery,
        onError,
      }),
    );
  const executor = stack.use(
    await startExecutor(
      {
        ...deps,
        agentId: ids.infra,
        link: linkOf(ids.infra),
        orders: createOrderStore(path.join(deps.dataDir, "runs"), (folder) =>
          onError(new Error(`the order in ${folder} cannot be read; its playbook may still run there`)),
        ),
        newId: randomUUID,
        sha256: (text) => hash("sha256", text),
        outputCapBytes,
        supervisor: stack.use(keepSupervisorWaiting(deps.tools, { folder: path.join(deps.dataDir, "runs") })),
      },
      transport,
    ),
  );
  await beat({ id: ids.infra, type: "infra", capabilities: ["ansible"], running: () => executor.running() });
  await beat({ id: ids.desktop, type: "desktop", capabilities: [], running: () => [] });
  const kept = stack.move();
  return { runningTasks: () => executor.running(), [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function loadIds(file: string): Promise<z.infer<typeof AgentIds>> {
  const known = AgentIds.safeParse(await readJson(file));
  if (known.success) return known.data;
  const made = { infra: randomUUID(), desktop: randomUUID() };
  await writeFile(`${file}.new`, JSON.stringify(made), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}
