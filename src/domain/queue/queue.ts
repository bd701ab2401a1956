import type { Priority } from "../../contracts/vocabulary.ts";
import { createLocks, type Blocker, type Claim, type Claimant } from "./locks.ts";

/** A task that has or may still have its hosts. */
export interface HoldingTask extends Claim, Claimant {
  /** True while nobody knows whether it is still at work. */
  readonly lost?: boolean;
}

/** A task that waits to be placed. */
export interface WaitingTask extends Claim, Claimant {
  readonly id: string;
  /** Something of it runs on the machine that Ansible runs on: which one that is must not depend on who is free. */
  readonly here: boolean;
}

/**
 * Where a task stands in the queue: the smallest comes first. Urgent before less urgent, older before younger, and whoever
 * has waited for `agePriority` is level with what is new and one step more urgent. It never changes, so whatever comes more
 * than four such waits later comes after it.
 *
 * @param run `createdAt` in milliseconds since 1970
 */
export function queueTime(run: { createdAt: number; priority: Priority }, agePriority: number): number {
  return run.createdAt - run.priority * agePriority;
}

export interface Queue {
  /**
   * What stands against the next task; undefined when its hosts are free for it. To be asked once for each, in order: it
   * keeps its place, so nothing that comes after it gets what it waits for.
   */
  next(task: WaitingTask): Blocker | undefined;
  /** Hosts of which nothing is left: tasks that want only these can be passed over. */
  taken(): string[];
}

/** Goes through the waiting tasks in the order of their queue time. */
export function startQueue(holding: readonly HoldingTask[]): Queue {
  const locks = createLocks();
  for (const task of holding)
    locks.add(task, { by: claimantOf(task), waits: false, lost: task.lost === true });
  return {
    next(task) {
      const blocker = locks.find(task);
      locks.add(task, { by: claimantOf(task), waits: true });
      return blocker;
    },
    taken: locks.taken,
  };
}

function claimantOf({ runId, step }: Claimant): Claimant {
  return { runId, step };
}

/** An agent that is online and executes Ansible. */
export interface Executor {
  readonly id: string;
  readonly name: string;
  /** Attempts that it has. */
  readonly busy: number;
  /** Its machine is the one that a plan means by "this machine". */
  readonly here: boolean;
  /** A person lets it take no new work. */
  readonly draining: boolean;
}

/** Agents that may ever execute the task. */
export function fitting<T extends Executor>(
  executors: readonly T[],
  task: Pick<WaitingTask, "here">,
): readonly T[] {
  return task.here ? executors.filter((each) => each.here) : executors;
}

/** The least busy agent that may have one more attempt, and this task; of equals the first. */
export function chooseExecutor<T extends Executor>(
  executors: readonly T[],
  most: number,
  task: Pick<WaitingTask, "here">,
): T | undefined {
  return fitting(executors, task)
    .filter((each) => !each.draining && each.busy < most)
    .toSorted((a, b) => a.busy - b.busy)[0];
}
