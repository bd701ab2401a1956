import type { LiveEvent, RunEventBody } from "../../../src/contracts/live.ts";
import type { Run } from "../../../src/contracts/run.ts";

export const taskId = "00000000-0000-4000-8000-000000000002";
const runId = "00000000-0000-4000-8000-000000000001";
export const at = "2026-11-22T10:00:00.000Z";

/** A run of one step, for tests. */
export function makeRun(more: Partial<Run> = {}): Run {
  return {
    id: runId,
    planId: "00000000-0000-4000-8000-000000000003",
    planHash: "a".repeat(64),
    purpose: "change",
    requestText: "Deploy the status page",
    state: "running",
    reason: null,
    priority: 3,
    tasks: [
      {
        id: taskId,
        runId,
        planId: "00000000-0000-4000-8000-000000000003",
        step: 0,
        state: "running",
        reason: null,
        name: "status-page",
        hosts: ["web"],
        after: [],
        attempts: [],
        startedAt: at,
        endedAt: null,
      },
    ],
    stops: [],
    createdAt: at,
    startedAt: at,
    endedAt: null,
    lastSeq: 0,
    ...more,
  };
}

/** Events of the run, numbered from `first`. */
export function makeEvents(bodies: readonly RunEventBody[], first = 1): LiveEvent[] {
  return bodies.map((body, index) => ({ topic: `run:${runId}`, seq: first + index, at, ...body }));
}

export function output(text: string, offset = 0, attempt = 1): RunEventBody {
  return { type: "output", data: { taskId, attempt, offset, length: text.length, text } };
}

export function announced(key: string, name: string, attempt = 1): RunEventBody {
  return {
    type: "ansible.task",
    data: { taskId, attempt, key, name, module: "copy", source: "site.yml:3", handler: false },
  };
}

/** What one host reports; `key` is `k1` unless said otherwise. */
export function hostResult(
  more: Partial<Extract<RunEventBody, { type: "host.result" }>["data"]>,
): Extract<RunEventBody, { type: "host.result" }> {
  const where = { taskId, attempt: 1, key: "k1", host: "web" };
  return {
    type: "host.result",
    data: { ...where, status: "ok", durationMs: 5, item: null, message: null, at, ...more },
  };
}
