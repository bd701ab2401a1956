import type { PlanState } from "../contracts/plan.ts";
import type { RunState } from "../contracts/run.ts";
import type { ErrorCode } from "../domain/errors.ts";

/** What a command's exit code means to scripts. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  rejected: 3,
  cancelled: 4,
  unknown: 5,
  /** A person must decide: a plan waits for its approval, or a question for its answer. */
  waiting: 6,
  unreachable: 7,
  /** Ctrl-C, as shells have it (128 + SIGINT). */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code of a command that stopped watching a run in this state. */
export function exitCodeOfRun(state: RunState): ExitCode {
  switch (state) {
    case "succeeded":
      return exitCodes.ok;
    case "failed":
      return exitCodes.failed;
    case "cancelled":
      return exitCodes.cancelled;
    case "unknown":
      return exitCodes.unknown;
    case "queued":
    case "running":
    case "paused":
      return exitCodes.waiting;
    default:
      return state satisfies never;
  }
}

/** The exit code of a command that leaves a plan in this state. */
export function exitCodeOfPlan(state: PlanState): ExitCode {
  switch (state) {
    case "approved":
      return exitCodes.ok;
    case "rejected":
      return exitCodes.rejected;
    case "draft":
    case "proposed":
      return exitCodes.waiting;
    case "superseded":
    case "expired":
    case "stale":
      return exitCodes.failed;
    default:
      return state satisfies never;
  }
}

/** The exit code of a command that ended with this error. */
export function exitCodeOfError(code: ErrorCode): ExitCode {
  switch (code) {
    case "server-unreachable":
      return exitCodes.unreachable;
    case "needs-answer":
      return exitCodes.waiting;
    default:
      return exitCodes.failed;
  }
}
