import type { AgentError, RunState, TaskState } from "../../contracts/run.ts";
import type { HostFacts } from "../../contracts/fact.ts";
import type { StepCondition } from "../../contracts/plan.ts";
import type { Outcome } from "../../contracts/vocabulary.ts";

/** What the reducer knows of a run. Times are milliseconds since 1970. */
export interface RunModel {
  readonly id: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly cancelRequested: boolean;
  /** Who paused the run and why, as a sentence: no further step of it begins; null = nobody did. */
  readonly pause: string | null;
  readonly tasks: readonly TaskModel[];
}

export interface TaskModel {
  readonly id: string;
  readonly step: number;
  readonly after: readonly number[];
  readonly condition: StepCondition | null;
  readonly state: TaskState;
  readonly reason: string | null;
  /** Whether the step changed anything, by Ansible's own count. */
  readonly changed: boolean;
  /** What it told of its hosts, where a condition compares that. */
  readonly facts?: Readonly<Record<string, HostFacts>>;
  /** Where a person wants the run to stop before this task; null = nowhere. */
  readonly stop: "ahead" | "waiting" | "approved" | null;
  /** Who cancelled it while it ran, and why: it is told to stop with every sign of life; null = nobody did. */
  readonly cancel: string | null;
  readonly skipCause: "condition" | "dependency" | null;
  /** Not placed before this time (back-off); null = at once. */
  readonly notBefore: number | null;
  readonly attempts: readonly AttemptModel[];
}

export interface AttemptModel {
  readonly number: number;
  readonly fence: number;
  readonly agentId: string;
  readonly state: "leased" | "running" | "ended";
  /** How it ended by the word of its agent, or because it never began; null while nobody has said. */
  readonly outcome: Outcome | null;
  /** True once the start record is committed: from then on the attempt may have changed hosts. */
  readonly started: boolean;
  readonly leaseUntil: number;
}

interface OfAttempt {
  readonly taskId: string;
  readonly attempt: number;
  readonly fence: number;
}

/** What can happen to a run. */
export type RunEvent =
  | { readonly type: "begun" }
  | {
      readonly type: "placed";
      readonly taskId: string;
      readonly agentId: string;
      readonly fence: number;
      readonly leaseUntil: number;
    }
  | { readonly type: "waiting"; readonly taskId: string; readonly reason: string }
  | ({ readonly type: "accepted"; readonly leaseUntil: number } & OfAttempt)
  | ({ readonly type: "refused"; readonly error: AgentError; readonly retryAt: number } & OfAttempt)
  | ({ readonly type: "renewed"; readonly leaseUntil: number } & OfAttempt)
  | {
      readonly type: "silent";
      readonly taskId: string;
      readonly attempt: number;
      /** Now; a lease that was renewed since somebody looked is not over. */
      readonly at: number;
      readonly retryAt: number;
    }
  | ({
      readonly type: "result";
      readonly outcome: Outcome;
      readonly changed: boolean;
      readonly reason: string | null;
    } & OfAttempt)
  /** A person approved the task at whose stop the run waits. */
  | { readonly type: "continued"; readonly taskId: string }
  /** A person who has looked says how a task of unknown end has ended. */
  | {
      readonly type: "marked";
      readonly taskId: string;
      readonly outcome: "succeeded" | "failed";
      readonly reason: string;
    }
  /** What runs goes on to its end; no further step begins until `resume`. */
  | { readonly type: "pause"; readonly reason: string }
  | { readonly type: "resume" }
  | { readonly type: "cancel"; readonly reason: string }
  /** Of one task only: what waits for it is skipped, everything else goes on. */
  | { readonly type: "cancel-task"; readonly taskId: string; readonly reason: string }
  | { readonly type: "approval-expired" };

/** What the engine has to do, in the same transaction as the new state. */
export type RunEffect =
  /** Find an agent for the task (not before its `notBefore`). */
  | { readonly type: "place"; readonly taskId: string }
  /** Send the work order of the newest attempt. */
  | { readonly type: "order"; readonly taskId: string; readonly attempt: number }
  /** Tell the agent that it may begin, or go on, until the lease ends. */
  | { readonly type: "grant"; readonly taskId: string; readonly attempt: number }
  /** Tell the sender that its attempt is over. */
  | ({ readonly type: "deny"; readonly code: 5008 | 5009; readonly message: string } & OfAttempt)
  /** Preview the task at whose stop the run has come. */
  | { readonly type: "preview"; readonly taskId: string }
  /** Nobody decides about the task any more: its preview has no reader. */
  | { readonly type: "drop-preview"; readonly taskId: string }
  /** Tell the agent to stop the attempt. */
  | { readonly type: "stop"; readonly taskId: string; readonly attempt: number; readonly reason: string };

export interface Reduced {
  readonly model: RunModel;
  readonly effects: readonly RunEffect[];
}
