import type { PlanState } from "../../../src/contracts/plan.ts";
import type { HostStatus, RunState, TaskState } from "../../../src/contracts/run.ts";
import type { RiskTier } from "../../../src/contracts/vocabulary.ts";
import type { IconName } from "./icon.tsx";

export type Tone = "ok" | "warn" | "bad" | "info" | "quiet";

export interface Look {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly text: string;
}

const plan: Readonly<Record<PlanState, Look>> = {
  draft: { tone: "quiet", icon: "pencil", text: "Draft" },
  proposed: { tone: "info", icon: "question", text: "Waits for approval" },
  approved: { tone: "ok", icon: "check", text: "Approved" },
  rejected: { tone: "quiet", icon: "cross", text: "Rejected" },
  superseded: { tone: "quiet", icon: "skip", text: "Replaced" },
  expired: { tone: "quiet", icon: "clock", text: "Expired" },
  stale: { tone: "warn", icon: "warning", text: "Out of date" },
};

const run: Readonly<Record<RunState, Look>> = {
  queued: { tone: "quiet", icon: "clock", text: "Queued" },
  running: { tone: "info", icon: "play", text: "Running" },
  paused: { tone: "warn", icon: "pause", text: "Paused" },
  succeeded: { tone: "ok", icon: "check", text: "Succeeded" },
  failed: { tone: "bad", icon: "cross", text: "Failed" },
  cancelled: { tone: "quiet", icon: "stop", text: "Cancelled" },
  unknown: { tone: "warn", icon: "question", text: "Unknown" },
};

const task: Readonly<Record<TaskState, Look>> = {
  pending: { tone: "quiet", icon: "clock", text: "Waits" },
  ready: { tone: "quiet", icon: "clock", text: "Ready" },
  leased: { tone: "info", icon: "agent", text: "With an agent" },
  running: run.running,
  succeeded: run.succeeded,
  failed: run.failed,
  cancelled: run.cancelled,
  unknown: run.unknown,
  skipped: { tone: "quiet", icon: "skip", text: "Skipped" },
};

const host: Readonly<Record<HostStatus, Look>> = {
  running: run.running,
  ok: { tone: "ok", icon: "check", text: "Ok" },
  changed: { tone: "warn", icon: "pencil", text: "Changed" },
  failed: run.failed,
  ignored: { tone: "quiet", icon: "warning", text: "Failed, ignored" },
  skipped: task.skipped,
  unreachable: { tone: "bad", icon: "plug", text: "Unreachable" },
};

const looks = { plan, run, task, host };
export type StateKind = keyof typeof looks;

/** Sign, words and tone of a state. One that this page does not know (a newer server) is shown as it is written. */
export function lookOf(kind: StateKind, state: string): Look {
  const known: Readonly<Record<string, Look>> = looks[kind];
  const look = Object.hasOwn(known, state) ? known[state] : undefined;
  return look ?? { tone: "quiet", icon: "dot", text: state };
}

/** What a risk tier means, in words. */
export const riskLooks: Readonly<Record<RiskTier, Look>> = {
  R0: { tone: "ok", icon: "check", text: "Reads only" },
  R1: { tone: "ok", icon: "check", text: "Low risk" },
  R2: { tone: "info", icon: "pencil", text: "Changes" },
  R3: { tone: "warn", icon: "warning", text: "High risk" },
  R4: { tone: "bad", icon: "warning", text: "Very high risk" },
};
