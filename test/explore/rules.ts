import type { Reduced, RunEvent, RunModel } from "../../src/domain/run/model.ts";
import { reduceRun } from "../../src/domain/run/reduce.ts";

/** What the world goes by: the production rules, or those with a known bug, which shows that the explorer finds it. */
export interface Rules {
  readonly reduce: (model: RunModel, event: RunEvent) => Reduced;
  /** A supervisor stops its playbook when its agent was gone for so long that the server gives the hosts away. */
  readonly orphanLimit: boolean;
  /** The server says that it has taken a message only when its effect is committed. */
  readonly ackAfterEffect: boolean;
  /** An agent asks for the server's word, and gets it by the start record, before it starts anything. */
  readonly waitsForGrant: boolean;
  /** An agent takes no order that it was done with before, however late a copy comes. */
  readonly remembersDone: boolean;
  /** An agent keeps on its disk that it refuses an order before it says so. */
  readonly keepsRefusal: boolean;
  /** An agent that slept does not begin what it was granted long ago. */
  readonly looksAtTime: boolean;
  /** A person may pause the run, and lets it go on some day: far more states, so it is looked at by itself. */
  readonly pauses: boolean;
  /** A person may cancel single tasks; looked at by itself as well. */
  readonly cancelsTasks: boolean;
}

export const production: Rules = {
  reduce: reduceRun,
  orphanLimit: true,
  ackAfterEffect: true,
  waitsForGrant: true,
  remembersDone: true,
  keepsRefusal: true,
  looksAtTime: true,
  pauses: false,
  cancelsTasks: false,
};

export const pausing: Rules = { ...production, pauses: true };
export const cancellingTasks: Rules = { ...production, cancelsTasks: true };

/** Each leaves out one thing that the promises rest on. */
export const bugs: Readonly<Record<string, Rules>> = {
  "no fence": { ...production, reduce: withoutFence },
  "no start record": { ...production, reduce: withoutStartRecord },
  "no orphan limit": { ...production, orphanLimit: false },
  "ack first": { ...production, ackAfterEffect: false },
  "no wait for the grant": { ...production, waitsForGrant: false },
  "no look at the time": { ...production, looksAtTime: false },
  "no memory of refusals": { ...production, keepsRefusal: false },
  "no memory of orders": { ...production, remembersDone: false },
};

/** Whatever an attempt says counts for the attempt that is the newest now. */
function withoutFence(model: RunModel, event: RunEvent): Reduced {
  if (!("fence" in event) || event.type === "placed") return reduceRun(model, event);
  const newest = model.tasks.find((task) => task.id === event.taskId)?.attempts.at(-1);
  return newest === undefined
    ? reduceRun(model, event)
    : reduceRun(model, { ...event, attempt: newest.number, fence: newest.fence });
}

/** The agent is told to go on, but nothing notes that it may have changed hosts. */
function withoutStartRecord(model: RunModel, event: RunEvent): Reduced {
  const reduced = reduceRun(model, event);
  if (event.type !== "accepted" || reduced.model === model) return reduced;
  const tasks = reduced.model.tasks.map((task) => ({
    ...task,
    attempts: task.attempts.map((attempt) => ({ ...attempt, started: false })),
  }));
  return { ...reduced, model: { ...reduced.model, tasks } };
}
