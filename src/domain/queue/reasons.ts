import type { Blocker, Claimant } from "./locks.ts";
import {
  chooseExecutor,
  fitting,
  startQueue,
  type Executor,
  type HoldingTask,
  type WaitingTask,
} from "./queue.ts";

/** Places up to this one are told exactly, those behind it by how many are before them at least. */
const exactPlaces = 10;
const levels = [1_000, 100, exactPlaces];

export interface Explained<T> {
  readonly task: T;
  /** For a person: what it waits for, and its place. */
  readonly reason: string;
}

interface Wait<T> {
  readonly task: T;
  /** Undefined: its hosts are free, and it waits for an agent. */
  readonly blocker: Blocker | undefined;
  readonly place: number;
}

interface World<T> {
  readonly holding: readonly HoldingTask[];
  /** In the order of the queue. */
  readonly waiting: Iterable<T>;
  readonly executors: readonly Executor[];
  /** Attempts that one agent may have at once. */
  readonly most: number;
}

/** Says of each waiting task what it waits for, and its place. What a free agent gets in the next moment is left out. */
export function explainWaits<T extends WaitingTask>(world: World<T>): Explained<T>[] {
  const { executors, most } = world;
  const { waits, onHost, forAgent } = findPlaces(world);
  const agents = { here: agentsText(executors, most, true), any: agentsText(executors, most, false) };
  const room = {
    here: chooseExecutor(executors, most, { here: true }) !== undefined,
    any: chooseExecutor(executors, most, { here: false }) !== undefined,
  };
  return waits.flatMap(({ task, blocker, place }) => {
    if (blocker !== undefined)
      return [{ task, reason: lockText(task, blocker, { place, total: onHost.get(blocker.host) ?? place }) }];
    const where = task.here ? "here" : "any";
    return room[where]
      ? []
      : [{ task, reason: `${agents[where]}, ${placeText({ place, total: forAgent })}` }];
  });
}

function findPlaces<T extends WaitingTask>(
  world: World<T>,
): { waits: Wait<T>[]; onHost: ReadonlyMap<string, number>; forAgent: number } {
  const queue = startQueue(world.holding);
  const onHost = new Map<string, number>();
  const waits: Wait<T>[] = [];
  let forAgent = 0;
  for (const task of world.waiting) {
    const blocker = queue.next(task);
    for (const host of task.hosts) onHost.set(host, (onHost.get(host) ?? 0) + 1);
    if (blocker === undefined) forAgent += 1;
    waits.push({ task, blocker, place: blocker === undefined ? forAgent : (onHost.get(blocker.host) ?? 1) });
  }
  return { waits, onHost, forAgent };
}

interface Place {
  readonly place: number;
  readonly total: number;
}

function lockText(task: Claimant, blocker: Blocker, at: Place): string {
  const { host, service } = blocker;
  const where = `waiting for host ${host}${service === null ? "" : ` (${service})`}`;
  // Who has the host changes often; far behind it says nothing.
  return levelOf(at.place) === undefined
    ? `${where}: ${holderText(task, blocker)}, ${placeText(at)}`
    : `${where}: ${placeText(at)}`;
}

function holderText(task: Claimant, { by, waits }: Blocker): string {
  if (by.runId === task.runId)
    return `step ${by.step + 1} of this run ${waits ? "comes first" : "works there"}`;
  const run = `run ${by.runId.slice(0, 8)}`;
  return waits ? `${run} comes first` : `locked by ${run}`;
}

function agentsText(online: readonly Executor[], most: number, here: boolean): string {
  const able = fitting(online, { here });
  const executors = able.filter((each) => !each.draining);
  const [first, second] = executors;
  if (first === undefined) {
    const [only, other] = able;
    if (only !== undefined)
      return other === undefined
        ? `waiting for an agent: ${only.name} takes no new work now`
        : `waiting for an agent: all ${able.length} take no new work now`;
    return here && online.length > 0
      ? "waiting for the agent of the server's own machine, where this step runs: it is not online"
      : "waiting for an agent that executes Ansible: none is online";
  }
  if (second === undefined) return `waiting for an agent: ${first.name} runs ${first.busy} of ${most}`;
  const busy = executors.reduce((sum, each) => sum + each.busy, 0);
  return `waiting for an agent: ${executors.length} agents run ${busy} of ${executors.length * most}`;
}

const levelOf = (place: number): number | undefined => levels.find((level) => place > level);

function placeText({ place, total }: Place): string {
  const level = levelOf(place);
  return level === undefined
    ? `place ${place} of ${total}`
    : `more than ${level.toLocaleString("en")} come before it`;
}

/** Whether a person would be told the same: how many wait behind it is worth no event. */
export function saysTheSame(told: string | null, now: string): boolean {
  return told !== null && withoutTotal(told) === withoutTotal(now);
}

function withoutTotal(reason: string): string {
  return reason.replace(/(, place \d+) of \d+$/, "$1");
}
