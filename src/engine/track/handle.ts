import type { Envelope, Heartbeat, WorkResult, WorkStatus } from "../../contracts/agent-protocol.ts";
import type { RunEventBody } from "../../contracts/live.ts";
import { plainJson } from "../../domain/plain-text.ts";
import type { Verdict } from "../../ports/bus.ts";
import { takeHeartbeats } from "../agents/heartbeat.ts";
import { createBatcher } from "../batcher.ts";
import { claimMessage } from "../bus/sql.ts";
import type { CoreDeps } from "../core-deps.ts";
import { applyRunEvent } from "../run/apply.ts";
import { saveResult } from "../run/sql.ts";
import type { Tx } from "../schema.ts";
import { storeProgress } from "./progress.ts";
import {
  findAttempt,
  lockRunOf,
  storeOutputs,
  type AttemptKey,
  renewLeases,
  type OutputPiece,
  type Renewal,
  type OwnAttempt,
} from "./sql.ts";
import { failpoint } from "../../ports/failpoint.ts";

/** Milliseconds between two batches; those of output are short, because somebody may be watching. */
const batchEvery = { output: 20, renewals: 50, heartbeats: 250 } as const;
/** UTF-16 units of output in one statement. */
const mostOutput = 2_000_000;
const mostHeartbeats = 500;
const mostRenewals = 200;

/**
 * What takes the messages of agents. The effect and the note that the message was handled commit together; whatever comes twice,
 * late or from an attempt that is over changes nothing. What many agents say all the time is stored for many at once; each is
 * answered after the commit.
 */
export function createMessageHandler(deps: CoreDeps): (given: Envelope) => Promise<Verdict> {
  const beat = createBatcher((beats: readonly Heartbeat[]) => takeHeartbeats(deps, beats), {
    every: batchEvery.heartbeats,
    most: mostHeartbeats,
  });
  const store = createBatcher(
    (pieces: readonly OutputPiece[]) => storeOutputs(deps.db, deps.clock.now(), pieces),
    { every: batchEvery.output, most: mostOutput, sizeOf: ({ text }) => text.length },
  );
  const renew = createBatcher(
    (words: readonly Renewal[]) => {
      const at = deps.clock.now();
      return renewLeases(deps.db, words, { at, until: new Date(at.getTime() + deps.waits.silence) });
    },
    { every: batchEvery.renewals, most: mostRenewals },
  );
  return async (given) => {
    const envelope = plainJson(given);
    switch (envelope.type) {
      case "lease_renew": {
        const { payload, message_id: messageId, from_agent: agentId } = envelope;
        // What is not as plain as that is for the reducer to decide.
        return (await renew({ messageId, agentId, ...keyOf(payload) }))
          ? "ack"
          : await takeAlone(deps, envelope);
      }
      case "heartbeat":
        return (await beat(envelope.payload)) ? "ack" : "dead";
      case "work_output":
        return await takeOutput(deps, envelope, store);
      default:
        return await takeAlone(deps, envelope);
    }
  };
}

/** Takes one message by itself. */
export async function handleAgentMessage(deps: CoreDeps, given: Envelope): Promise<Verdict> {
  return await createMessageHandler(deps)(given);
}

type Output = Extract<Envelope, { type: "work_output" }>;

async function takeAlone(
  deps: CoreDeps,
  envelope: Exclude<Envelope, Output | { type: "heartbeat" }>,
): Promise<Verdict> {
  switch (envelope.type) {
    case "work_accepted":
    case "lease_renew":
    case "error":
      return await once(deps, envelope, (tx) => takeLeaseMessage(deps, tx, envelope));
    case "work_status":
      return await takeProgress(deps, envelope.payload, envelope.from_agent);
    case "work_result":
      return await once(deps, envelope, (tx) => takeResult(deps, tx, envelope));
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
      if (envelope.type === "work_result") failpoint("result.applied");
      else failpoint("lease.applied");
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
  // Another agent may have the order; the attempt is not its own.
  if (!found || found.agentId !== envelope.from_agent) return "dead";
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

async function takeProgress(deps: CoreDeps, status: WorkStatus, agentId: string): Promise<Verdict> {
  const key = { ...keyOf(status), agentId };
  const from = status.first_seq - 1;
  return await storeRest({
    name: "progress.stored",
    from,
    length: status.progress.length,
    store: (skip) => storeProgress(deps, key, { from: from + skip, progress: status.progress.slice(skip) }),
    stored: () => findEnd(deps, key, "progressCount"),
  });
}

async function takeOutput(
  deps: CoreDeps,
  { payload, from_agent }: Output,
  store: (piece: OutputPiece) => Promise<boolean>,
): Promise<Verdict> {
  const { offset, text } = payload;
  const key = { ...keyOf(payload), agentId: from_agent };
  return await storeRest({
    name: "output.stored",
    from: offset,
    length: text.length,
    store: (skip) => store({ ...key, offset: offset + skip, text: text.slice(skip) }),
    stored: () => findEnd(deps, key, "outputLength"),
  });
}

/** Where a stream ends that is stored; undefined for an attempt of another agent. What comes after its result is dropped. */
async function findEnd(
  deps: CoreDeps,
  key: OwnAttempt,
  stream: "outputLength" | "progressCount",
): Promise<number | undefined> {
  const found = await findAttempt(deps.db, key);
  if (found?.agentId !== key.agentId) return undefined;
  return found.isOver ? Number.MAX_SAFE_INTEGER : found[stream];
}

/**
 * Stores a piece of a stream, without what is there already: pieces come twice after a restart of either side. `store` takes
 * the piece without its first `skip` units, if the stream ends exactly there; `stored` tells where it ends.
 */
async function storeRest(piece: {
  name: "progress.stored" | "output.stored";
  from: number;
  length: number;
  store(skip: number): Promise<boolean>;
  stored(): Promise<number | undefined>;
}): Promise<Verdict> {
  const { from, length } = piece;
  for (let skip = 0; ;) {
    if (skip < length && (await piece.store(skip))) {
      failpoint(piece.name);
      return "ack";
    }
    const end = await piece.stored();
    if (end === undefined) return "dead";
    if (end < from) return "retry";
    if (end >= from + length) return "ack";
    skip = end - from;
  }
}

type Result = Extract<Envelope, { type: "work_result" }>;

async function takeResult(deps: CoreDeps, tx: Tx, envelope: Result): Promise<Verdict> {
  const result = envelope.payload;
  await lockRunOf(tx, keyOf(result));
  const found = await findAttempt(tx, keyOf(result));
  if (!found || found.agentId !== envelope.from_agent) return "dead";
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
      output_sha256: result.output_sha256 ?? null,
    },
    events: [endOf(result, reason)],
  });
  if (!applied || applied.before === applied.after) return "ack";
  await saveResult(tx, keyFields(found), {
    exit_code: result.exit_code,
    error: result.error === null ? null : JSON.stringify(result.error),
    recap: result.recap === null ? null : JSON.stringify(result.recap),
    resources: JSON.stringify(result.resources_used),
    output_sha256: result.output_sha256 ?? null,
  });
  failpoint("result.saved");
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
