import { z } from "zod";
import type { ExecutorDeps } from "../agent/executor-deps.ts";
import type { AgentKeys } from "../adapters/keys/agent-keys.ts";
import { sealContext } from "../domain/approval.ts";

const Sealed = z.array(z.object({ name: z.string(), version: z.int(), value: z.string() }));

/** The secrets that came with an order: sealed on disk, open in memory only, and no others. */
export function sealedSecrets(agentId: string, keys: AgentKeys): ExecutorDeps["secrets"] {
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
