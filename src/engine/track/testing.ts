import { randomUUID } from "node:crypto";
import { queues, type WorkRequest } from "../../contracts/agent-protocol.ts";
import type { HostRecap } from "../../contracts/run.ts";
import type { Outcome } from "../../contracts/vocabulary.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "./handle.ts";

/** An agent that is online and does nothing by itself, for tests. */
export interface TestAgent {
  readonly id: string;
  /** Places what waits, takes the newest order and begins it. */
  begin(): Promise<WorkRequest>;
  /** Says that it is still at work. */
  renew(order: WorkRequest): Promise<void>;
  /** Ends an order that was begun. */
  finish(order: WorkRequest, outcome: Outcome, failed?: readonly string[]): Promise<void>;
  /** Begins the newest order and ends it so; `failed` are the hosts on which its last task failed. */
  execute(outcome: Outcome, failed?: readonly string[]): Promise<WorkRequest>;
}

const counts: HostRecap = {
  ok: 1,
  changed: 0,
  failed: 0,
  unreachable: 0,
  skipped: 0,
  rescued: 0,
  ignored: 0,
};

export async function createTestAgent({ db, deps }: TestCore): Promise<TestAgent> {
  const id = randomUUID();
  const tell = (message: Parameters<typeof fromAgent>[1]) => handleAgentMessage(deps, fromAgent(id, message));
  const begin = async (): Promise<WorkRequest> => {
    await placeReadyTasks(deps);
    const rows = await db
      .selectFrom("outbox")
      .selectAll()
      .where("queue", "=", queues.work(id))
      .orderBy("id")
      .execute();
    const last = rows.at(-1)?.envelope;
    if (last?.type !== "work_request") throw new Error("no order");
    await tell({ type: "work_accepted", payload: { ...keyOf(last.payload), agent_id: id } });
    return last.payload;
  };
  const finish: TestAgent["finish"] = async (order, outcome, failed = []) => {
    const { hosts } = order.parameters.step;
    // As after a failure in the last task: the others are done.
    const recap = Object.fromEntries(
      hosts.map((host) => [host, failed.includes(host) ? { ...counts, failed: 1 } : counts]),
    );
    await tell({
      type: "work_result",
      payload: {
        ...keyOf(order),
        outcome,
        exit_code: outcome === "succeeded" ? 0 : 2,
        error: null,
        recap,
        resources_used: { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 },
        output_length: 0,
        progress_count: 0,
      },
    });
  };
  await tell(heartbeatOf(id));
  return {
    id,
    begin,
    finish,
    renew: async (order) =>
      void (await tell({ type: "lease_renew", payload: { ...keyOf(order), expires_at: null } })),
    async execute(outcome, failed) {
      const order = await begin();
      await finish(order, outcome, failed);
      return order;
    },
  };
}

function keyOf({ task_id, attempt, fence }: WorkRequest): Pick<WorkRequest, "task_id" | "attempt" | "fence"> {
  return { task_id, attempt, fence };
}
