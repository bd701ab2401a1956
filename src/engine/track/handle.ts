import type { Envelope, WorkOutput, WorkResult, WorkStatus } from "../../contracts/agent-protocol.ts";
import type { RunEventBody } from "../../contracts/live.ts";
import { plainJson } from "../../domain/plain-text.ts";
import type { Verdict } from "../../ports/bus.ts";
import { takeHeartbeat } from "../agents/heartbeat.ts";
import { claimMessage } from "../bus/sql.ts";
import type { CoreDeps } from "../core-deps.ts";
import { applyRunEvent } from "../run/apply.ts";
import { saveResult } from "../run/sql.ts";
import type { Tx } from "../schema.ts";
import { appendOutput } from "../stream/sql.ts";
import { storeProgress } from "./progress.ts";
import { findAttempt, storeOutput, type AttemptKey } from "./sql.ts";

/**
 * Takes one message of an agent. The effect and the note that the message was handled commit together; whatever comes twice,
 * late or from an attempt that is over changes nothing.
 */
export async function handleAgentMessage(deps: CoreDeps, given: Envelope): Promise<Verdict> {
  const envelope = plainJson(given);
  switch (envelope.type) {
    case "heartbeat":
      await deps.db.transaction().execute((tx) => takeHeartbeat(deps, tx, envelope.payload));
      return "ack";
    case "work_accepted":
    case "lease_renew":
    case "error":
      return await once(deps, envelope, (tx) => takeLeaseMessage(deps, tx, envelope));
    case "work_status":
      return await deps.db.transaction().execute((tx) => takeProgress(deps, tx, envelope.payload));
    case "work_output":
      return await deps.db.transaction().execute((tx) => takeOutput(deps, tx, envelope.payload));
    case "work_result":
      return await once(deps, envelope, (tx) => takeResult(deps, tx, envelope.payload));
    case "work_request":
    case "control":
      return "dead";
  }
}

async function once(
  deps: CoreDeps,
  envelope: Envelope,
  effect: (tx: Tx) => Promise<Verdict>,
): Promise<Verdict> {
  return await deps.db
    .transaction()
    .execute(async (tx) => {
      if (!(await claimMessage(tx, envelope.message_id, deps.clock.now()))) return "ack";
      const verdict = await effect(tx);
      // What is not done is not handled: the note must not commit, or the repeat would be dropped.
      if (verdict === "retry") throw new NotYet();
      return verdict;
    })
    .catch((error: unknown) => {
      if (error instanceof NotYet) return "retry" as const;
      throw error;
    });
}

class NotYet extends Error {}

type LeaseMessage = Extract<Envelope, { type: "work_accepted" | "lease_renew" | "error" }>;

async function takeLeaseMessage(deps: CoreDeps, tx: Tx, envelope: LeaseMessage): Promise<Verdict> {
  const { payload } = envelope;
  if (payload.task_id === null || payload.attempt === null || payload.fence === null) return "dead";
  const key = { taskId: payload.task_id, attempt: payload.attempt, fence: payload.fence };
  const found = await findAttempt(tx, key);
  if (!found) return "dead";
  const leaseUntil = deps.clock.now().getTime() + deps.waits.silence;
  const retryAt = deps.clock.now().getTime() + backOff(deps, key.attempt);
  switch (envelope.type) {
    case "work_accepted":
      await applyRunEvent(deps, tx, { runId: found.runId, event: { type: "accepted", ...key, leaseUntil } });
      return "ack";
    case "lease_renew":
      await applyRunEvent(deps, tx, { runId: found.runId, event: { type: "renewed", ...key, leaseUntil } });
      return "ack";
    case "error": {
      const { code, message } = envelope.payload;
      const error = { code, message };
      await applyRunEvent(deps, tx, {
        runId: found.runId,
        event: { type: "refused", ...key, error, retryAt },
        details: { error },
      });
      await saveResult(tx, key, { error: JSON.stringify(error) });
      return "ack";
    }
  }
}

function backOff(deps: CoreDeps, attempt: number): number {
  const { retryAfter } = deps.waits;
  const base = retryAfter[Math.min(attempt, retryAfter.length) - 1] ?? 0;
  return base * (0.75 + deps.random() / 2);
}

async function takeProgress(deps: CoreDeps, tx: Tx, status: WorkStatus): Promise<Verdict> {
  const found = await findAttempt(tx, keyOf(status), { lock: true });
  if (!found) return "dead";
  const skip = found.progressCount + 1 - status.first_seq;
  if (skip < 0) return "retry";
  const fresh = status.progress.slice(skip);
  await storeProgress(deps, tx, { key: found, progress: fresh });
  return "ack";
}

async function takeOutput(deps: CoreDeps, tx: Tx, output: WorkOutput): Promise<Verdict> {
  const found = await findAttempt(tx, keyOf(output), { lock: true });
  if (!found) return "dead";
  const skip = found.outputLength - output.offset;
  if (skip < 0) return "retry";
  const text = output.text.slice(skip);
  if (text === "") return "ack";
  await storeOutput(tx, found, text.length);
  const { taskId, attempt, outputLength: offset } = found;
  const data = { taskId, attempt, offset, length: text.length, text };
  await appendOutput(tx, `run:${found.runId}`, { at: deps.clock.now(), data });
  return "ack";
}

async function takeResult(deps: CoreDeps, tx: Tx, result: WorkResult): Promise<Verdict> {
  const found = await findAttempt(tx, keyOf(result), { lockRun: true });
  if (!found) return "dead";
  // The result closes the attempt: everything before it has to be stored first.
  if (found.outputLength < result.output_length || found.progressCount < result.progress_count)
    return "retry";
  const changed = Object.values(result.recap ?? {}).some((host) => host.changed > 0);
  const reason = result.error?.message ?? null;
  const applied = await applyRunEvent(deps, tx, {
    runId: found.runId,
    event: { type: "result", ...keyFields(found), outcome: result.outcome, changed, reason },
    details: {
      exit_code: result.exit_code,
      error: result.error,
      recap: result.recap,
      resources: result.resources_used,
      output_length: result.output_length,
    },
    events: [endOf(result, reason)],
  });
  if (!applied || applied.before === applied.after) return "ack";
  await saveResult(tx, keyFields(found), {
    exit_code: result.exit_code,
    error: result.error === null ? null : JSON.stringify(result.error),
    recap: result.recap === null ? null : JSON.stringify(result.recap),
    resources: JSON.stringify(result.resources_used),
  });
  return "ack";
}

function endOf(result: WorkResult, reason: string | null): RunEventBody {
  return {
    type: "attempt.ended",
    data: {
      taskId: result.task_id,
      attempt: result.attempt,
      outcome: result.outcome,
      exitCode: result.exit_code,
      reason,
      recap: result.recap,
      resources: result.resources_used,
    },
  };
}

function keyOf(payload: { task_id: string; attempt: number; fence: number }): AttemptKey {
  return { taskId: payload.task_id, attempt: payload.attempt, fence: payload.fence };
}

function keyFields(found: AttemptKey): AttemptKey {
  return { taskId: found.taskId, attempt: found.attempt, fence: found.fence };
}
