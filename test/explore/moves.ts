import type { Outcome } from "../../src/contracts/vocabulary.ts";
import {
  agentNames,
  post,
  sameKey,
  tell,
  without,
  type Execution,
  type Held,
  type Key,
  type Message,
  type World,
} from "./world.ts";
import type { Rules } from "./rules.ts";

/** One thing that can happen. Faults are counted; everything else happens sooner or later. */
export interface Move {
  readonly name: string;
  readonly fault: boolean;
  readonly to: World;
}

/** No further attempt is placed beyond this one: the exploration has to end somewhere. */
export const maxAttempts = 2;

export function listMoves(world: World, rules: Rules): Move[] {
  return [
    ...placements(world, rules),
    ...world.net.flatMap((message) => deliveries(world, message, rules)),
    ...world.held.flatMap((held) => agentMoves(world, held, rules)),
    ...world.executions.flatMap((execution) => executionMoves(world, execution)),
    ...orphanLimits(world, rules),
    ...serverFaults(world, rules),
    ...agentFaults(world),
  ];
}

const free = (name: string, to: World): Move => ({ name, fault: false, to });
const fault = (name: string, to: World): Move => ({ name, fault: true, to });

function placements(world: World, rules: Rules): Move[] {
  const ready = world.model.tasks.filter(
    (task) => task.state === "ready" && task.attempts.length < maxAttempts,
  );
  return ready.flatMap((task) =>
    agentNames
      .filter((agent) => !world.gone.includes(agent))
      .map((agent) => {
        const fence = world.nextFence;
        const next = { ...world, nextFence: fence + 1 };
        const event = { type: "placed", taskId: task.id, agentId: agent, fence, leaseUntil: 0 } as const;
        return free(`${task.id} is placed on ${agent}`, tell(next, event, rules));
      }),
  );
}

function deliveries(world: World, message: Message, rules: Rules): Move[] {
  if (message.to !== "server" && world.gone.includes(message.to)) return [];
  const { type, key } = message;
  const name = `${message.to} takes ${type} of ${nameOf(key)}`;
  const taken = take(world, message, rules);
  const settle = (next: World): World => without(type === "result" ? forget(next, key) : next, message);
  const moves = [free(name, settle(taken))];
  // Also what a kill between effect and acknowledgement leaves behind.
  if (taken !== world) moves.push(fault(`${name}, and it will come again`, taken));
  if (message.to === "server" && !rules.ackAfterEffect)
    moves.push(fault(`the server is killed after it acknowledged ${type} of ${nameOf(key)}`, settle(world)));
  return moves;
}

function take(world: World, message: Message, rules: Rules): World {
  const { key } = message;
  const of = { taskId: key.task, attempt: key.attempt, fence: key.fence };
  switch (message.type) {
    case "accepted":
    case "renewed":
      return tell(world, { type: message.type, ...of, leaseUntil: 0 }, rules);
    case "result":
      return tell(
        world,
        { type: "result", ...of, outcome: message.outcome, changed: true, reason: null },
        rules,
      );
    case "order":
      return findHeld(world, key) || (rules.remembersDone && world.done.includes(key.fence))
        ? world
        : {
            ...world,
            held: [...world.held, { key, refused: false, granted: !rules.waitsForGrant, stopAsked: false }],
          };
    case "grant":
      return change(world, key, { granted: true });
    case "stop":
      return change(world, key, { stopAsked: true });
    case "deny":
      return deny(world, key);
  }
}

/** The agent drops the order; what runs of it is stopped first. */
function deny(world: World, key: Key): World {
  const running = findExecution(world, key)?.state === "running";
  return running ? change(world, key, { stopAsked: true }) : forget(world, key);
}

/** A message of an agent that knows of no such order any more has no sender: only what is held is offered. */
function agentMoves(world: World, held: Held, rules: Rules): Move[] {
  const { key } = held;
  if (world.gone.includes(key.agent)) return [];
  const execution = findExecution(world, key);
  const name = nameOf(key);
  if (execution === undefined) {
    if (held.refused || held.stopAsked) {
      const kept = rules.keepsRefusal ? change(world, key, { refused: true }) : world;
      const reported = report(kept, key, "cancelled");
      return reported === world ? [] : [free(`${name} is refused before it began`, reported)];
    }
    return [
      ...offered(world, { to: "server", type: "accepted", key }),
      ...(held.granted ? [beginning(world, key, rules)] : []),
    ];
  }
  if (execution.state === "running") {
    const asked = held.stopAsked ? [free(`${name} is stopped`, end(world, execution, "cancelled"))] : [];
    return [...asked, ...(matters(world, key) ? offered(world, { to: "server", type: "renewed", key }) : [])];
  }
  const outcome = execution.state === "lost" ? "unknown" : execution.state;
  const reported = report(world, key, outcome);
  return reported === world ? [] : [free(`${name} is reported as ${outcome}`, reported)];
}

function beginning(world: World, key: Key, rules: Rules): Move {
  const isLate = rules.looksAtTime && world.freed.includes(key.fence);
  if (isLate)
    return free(`${nameOf(key)} is too late to begin`, change(world, key, { refused: true, granted: false }));
  return free(`${nameOf(key)} begins`, start(world, key));
}

/** Renewals that could not change anything are left out, or the world would never come to rest. */
function matters(world: World, key: Key): boolean {
  const task = world.model.tasks.find((each) => each.id === key.task);
  const attempt = task?.attempts.at(-1);
  const isCurrent = attempt?.number === key.attempt && attempt.fence === key.fence;
  const isStopMeant = world.model.cancelRequested || (task !== undefined && task.cancel !== null);
  const isStopOpen = isStopMeant && findHeld(world, key)?.stopAsked === false;
  return (
    !isCurrent || isStopOpen || (task !== undefined && task.state !== "running" && task.state !== "leased")
  );
}

function offered(world: World, message: Message): Move[] {
  const next = post(world, message);
  return next === world ? [] : [free(`${message.type} of ${nameOf(message.key)} is sent`, next)];
}

const report = (world: World, key: Key, outcome: Outcome): World =>
  post(world, { to: "server", type: "result", key, outcome });

function start(world: World, key: Key): World {
  return { ...world, executions: [...world.executions, { key, state: "running", known: true }] };
}

function end(world: World, execution: Execution, state: Execution["state"]): World {
  return {
    ...world,
    executions: world.executions.map((each) => (each === execution ? { ...each, state } : each)),
  };
}

function executionMoves(world: World, execution: Execution): Move[] {
  if (execution.state !== "running") return [];
  const name = nameOf(execution.key);
  const moves = [fault(`the supervisor of ${name} is killed`, end(world, execution, "lost"))];
  for (const outcome of ["succeeded", "failed"] as const)
    moves.push(free(`${name} has ${outcome}`, end(world, execution, outcome)));
  return moves;
}

/** Server and supervisor both count from the last renewal that the server has taken. */
function orphanLimits(world: World, rules: Rules): Move[] {
  const silent = world.model.tasks.filter((task) => task.state === "unknown");
  return silent.flatMap((task) => {
    const attempt = task.attempts.at(-1);
    if (!attempt?.started || attempt.outcome !== null || world.freed.includes(attempt.fence)) return [];
    const next = { ...world, freed: [...world.freed, attempt.fence] };
    const running = world.executions.find(
      (each) => each.key.fence === attempt.fence && each.state === "running",
    );
    const stopped = running && rules.orphanLimit ? end(next, running, "unknown") : next;
    return [free(`the orphan limit of ${task.id}.${attempt.number} is over`, stopped)];
  });
}

function serverFaults(world: World, rules: Rules): Move[] {
  const moves: Move[] = [];
  for (const task of world.model.tasks) {
    const attempt = task.attempts.at(-1);
    if (attempt === undefined || attempt.state === "ended") continue;
    const event = { type: "silent", taskId: task.id, attempt: attempt.number, at: 1, retryAt: 0 } as const;
    const silence = `${task.id} is silent for longer than its lease`;
    moves.push((isForgotten(world, attempt) ? free : fault)(silence, tell(world, event, rules)));
  }
  if (!world.model.cancelRequested) {
    const next = tell(world, { type: "cancel", reason: "enough" }, rules);
    if (next.model !== world.model) moves.push(fault("a person cancels", next));
  }
  return [...moves, ...pauses(world, rules), ...cancellations(world, rules)];
}

function cancellations(world: World, rules: Rules): Move[] {
  if (!rules.cancelsTasks) return [];
  return world.model.tasks.flatMap(({ id }) => {
    const next = tell(world, { type: "cancel-task", taskId: id, reason: "not this one" }, rules);
    return next.model === world.model ? [] : [fault(`a person cancels ${id}`, next)];
  });
}

function pauses(world: World, rules: Rules): Move[] {
  if (!rules.pauses) return [];
  const moves: Move[] = [];
  const paused = tell(world, { type: "pause", reason: "paused" }, rules);
  if (paused.model !== world.model) moves.push(fault("a person pauses", paused));
  const resumed = tell(world, { type: "resume" }, rules);
  if (resumed.model !== world.model) moves.push(free("a person resumes", resumed));
  return moves;
}

/** Nobody is there, or ever will be, who could begin it or say a word about it: then its silence is sure. */
function isForgotten(world: World, { fence, agentId }: { fence: number; agentId: string }): boolean {
  const isMeant = ({ key }: { key: Key }) => key.fence === fence;
  const isOrdered = world.net.some((message) => message.type === "order" && isMeant(message));
  return world.gone.includes(agentId as Key["agent"]) || !(isOrdered || world.held.some(isMeant));
}

function agentFaults(world: World): Move[] {
  return agentNames
    .filter((agent) => !world.gone.includes(agent))
    .flatMap((agent) => {
      const held = world.held.map((each) =>
        each.key.agent === agent ? { ...each, granted: false, stopAsked: false } : each,
      );
      const forgets = held.some((each, at) => JSON.stringify(each) !== JSON.stringify(world.held[at]));
      const other = agentNames.find((each) => each !== agent) ?? agent;
      return [
        ...(forgets ? [fault(`${agent} is killed and starts again`, { ...world, held })] : []),
        // One stays, or nothing could ever end.
        ...(world.gone.includes(other)
          ? []
          : [fault(`${agent} never comes back`, { ...world, gone: [...world.gone, agent] })]),
      ];
    });
}

const findHeld = (world: World, key: Key): Held | undefined =>
  world.held.find((each) => sameKey(each.key, key));
const findExecution = (world: World, key: Key): Execution | undefined =>
  world.executions.find((each) => each.known && sameKey(each.key, key));

function change(world: World, key: Key, what: Partial<Held>): World {
  const held = findHeld(world, key);
  if (held === undefined || Object.entries(what).every(([name, value]) => held[name as keyof Held] === value))
    return world;
  return { ...world, held: world.held.map((each) => (each === held ? { ...each, ...what } : each)) };
}

function forget(world: World, key: Key): World {
  const held = findHeld(world, key);
  if (held === undefined) return world;
  const executions = world.executions.map((each) =>
    sameKey(each.key, key) ? { ...each, known: false } : each,
  );
  const done = [...world.done, key.fence];
  return { ...world, executions, done, held: world.held.filter((each) => each !== held) };
}

const nameOf = (key: Key): string => `${key.task}.${key.attempt} on ${key.agent}`;
