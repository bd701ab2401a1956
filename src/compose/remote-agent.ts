import { hash, randomUUID } from "node:crypto";
import path from "node:path";
import { startExecutor, type Executor } from "../agent/executor.ts";
import { createOrderStore } from "../agent/order-store.ts";
import { verifiesWith } from "../adapters/keys/agent-keys.ts";
import { keepSupervisorWaiting } from "../ansible/process/waiting-supervisor.ts";
import { createSnapshotStore } from "../ansible/snapshot/store.ts";
import { outputCapBytes } from "./agents.ts";
import { agentStore } from "./build-engine.ts";
import { startConnected, type ConnectedOptions, type ConnectedParts } from "./connected-agent.ts";
import { createRemoteBlobs } from "./remote-blobs.ts";
import { sealedSecrets } from "./sealed-secrets.ts";
import { createToolFinder } from "./tool-finder.ts";

export interface RemoteAgentOptions extends Omit<ConnectedOptions, "capabilities" | "work"> {
  readonly home: string;
}

/** An agent on a machine of its own that executes playbooks, or only reports that machine. Disposing lets playbooks go on. */
export async function startRemoteAgent(
  options: RemoteAgentOptions,
): Promise<AsyncDisposable & { runningTasks(): string[] }> {
  if (options.identity.agentType !== "infra") return await startConnected({ ...options, capabilities: [] });
  return await startConnected({
    ...options,
    capabilities: ["ansible"],
    work: (parts, stack) => startExecuting({ ...options, ...parts }, stack),
  });
}

async function startExecuting(
  parts: RemoteAgentOptions & ConnectedParts,
  stack: AsyncDisposableStack,
): Promise<Executor> {
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
