import { queues, type Message } from "../../contracts/agent-protocol.ts";
import type { RunEffect, RunModel } from "../../domain/run/model.ts";
import { envelopeFor } from "../bus/envelope.ts";
import { publish } from "../bus/sql.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { LoadedRun } from "../run/sql.ts";
import type { Tx } from "../schema.ts";
import { askForPlacement } from "./sql.ts";
import { orderFor } from "./order.ts";

interface Work {
  readonly loaded: LoadedRun;
  readonly model: RunModel;
  readonly effects: readonly RunEffect[];
}

/** Carries out what the reducer asks for, in the same transaction as the new state. */
export async function performEffects(deps: CoreDeps, tx: Tx, work: Work): Promise<void> {
  for (const effect of work.effects) await perform(deps, tx, { ...work, effect });
}

async function perform(deps: CoreDeps, tx: Tx, work: Work & { effect: RunEffect }): Promise<void> {
  const { effect, model, loaded } = work;
  const task = model.tasks.find((each) => each.id === effect.taskId);
  const attempt = task?.attempts.find((each) => "attempt" in effect && each.number === effect.attempt);
  switch (effect.type) {
    case "place":
      return askForPlacement(tx);
    case "preview":
    case "drop-preview":
      return; // a run of its own: engine/run makes and ends it
    case "order": {
      if (!attempt) return;
      const payload = await orderFor(deps, tx, { loaded, taskId: effect.taskId, attempt });
      return send(deps, tx, {
        queue: queues.work(attempt.agentId),
        agentId: attempt.agentId,
        message: { type: "work_request", payload },
        priority: loaded.run.priority,
      });
    }
    case "grant": {
      if (!attempt) return;
      const expires_at = new Date(attempt.leaseUntil).toISOString();
      return send(deps, tx, {
        queue: queues.control(attempt.agentId),
        agentId: attempt.agentId,
        message: {
          type: "lease_renew",
          payload: { task_id: effect.taskId, attempt: attempt.number, fence: attempt.fence, expires_at },
        },
        priority: 5,
      });
    }
    case "deny": {
      const holder = task?.attempts.find((each) => each.fence === effect.fence);
      if (!holder) return;
      const { code, message, fence } = effect;
      return send(deps, tx, {
        queue: queues.control(holder.agentId),
        agentId: holder.agentId,
        message: {
          type: "error",
          payload: { code, message, task_id: effect.taskId, attempt: effect.attempt, fence },
        },
        priority: 5,
      });
    }
    case "stop": {
      if (!attempt) return;
      const key = { task_id: effect.taskId, attempt: attempt.number, fence: attempt.fence };
      return send(deps, tx, {
        queue: queues.control(attempt.agentId),
        agentId: attempt.agentId,
        message: { type: "control", payload: { ...key, command: "cancel", reason: effect.reason } },
        priority: 5,
      });
    }
  }
}

async function send(
  deps: CoreDeps,
  tx: Tx,
  out: { queue: string; agentId: string; message: Message; priority: number },
): Promise<void> {
  const at = deps.clock.now();
  const envelope = envelopeFor(out.agentId, out.message, {
    id: deps.newId(),
    at,
    priority: out.priority,
    sign: deps.sign,
  });
  await publish(tx, out.queue, { envelope, at });
}
