import type { RunModel } from "../../src/domain/run/model.ts";
import { isSettled } from "../../src/domain/run/states.ts";
import { listMoves, maxAttempts, type Move } from "./moves.ts";
import type { Rules } from "./rules.ts";
import { begin, type World } from "./world.ts";

export interface Explored {
  /** Different states that were reached. */
  readonly states: number;
  readonly moves: number;
  /** True when everything that these faults can lead to was looked at. */
  readonly closed: boolean;
  /** The first wrong state, with the moves that lead to it. */
  readonly wrong: { readonly what: string; readonly moves: readonly string[] } | undefined;
}

export interface Question {
  readonly run: RunModel;
  readonly rules: Rules;
  readonly faults: number;
  /** Gives up beyond this many states. */
  readonly maxStates?: number;
  readonly onLevel?: (told: { faults: number; states: number }) => void;
}

interface Node {
  readonly world: World;
  readonly from: { readonly node: Node; readonly name: string } | undefined;
}

/**
 * Looks at every state that up to so many faults can lead to, in every order of everything that can happen: the fewest faults first.
 * Each state must be right in itself, and from each the world must come to rest with all work settled.
 */
export function explore({ run, rules, faults, maxStates = Infinity, onLevel }: Question): Explored {
  const seen = new Map<string, Rest>();
  let level: Node[] = [{ world: begin(run, rules), from: undefined }];
  let moves = 0;
  const ended = (closed: boolean, wrong?: Explored["wrong"]): Explored => ({
    states: seen.size,
    moves,
    closed,
    wrong,
  });
  for (let used = 0; used <= faults; used += 1) {
    const beyond: Node[] = [];
    const fresh: { key: string; node: Node; next: string[] }[] = [];
    for (let node = level.pop(); node !== undefined; node = level.pop()) {
      const key = keyOf(node.world);
      if (seen.has(key)) continue;
      const listed = listMoves(node.world, rules);
      moves += listed.length;
      const unforced = listed.filter((move) => !move.fault);
      const what = findWrong(node.world, unforced);
      if (what !== undefined) return ended(false, { what, moves: pathTo(node) });
      seen.set(key, { restful: unforced.length === 0 });
      if (seen.size > maxStates) return ended(false);
      fresh.push({ key, node, next: unforced.map((move) => keyOf(move.to)) });
      for (const move of listed)
        (move.fault ? beyond : level).push({ world: move.to, from: { node, name: move.name } });
    }
    const restless = findRestless(fresh, seen);
    if (restless !== undefined)
      return ended(false, { what: "stuck: it never comes to rest", moves: pathTo(restless) });
    onLevel?.({ faults: used, states: seen.size });
    level = beyond;
  }
  return ended(true);
}

interface Rest {
  /** Whether, without a further fault, everything comes to an end from here. */
  restful: boolean;
}

/** States from which no way leads to rest. What was reached with fewer faults is known already. */
function findRestless(
  fresh: readonly { key: string; node: Node; next: readonly string[] }[],
  seen: ReadonlyMap<string, Rest>,
): Node | undefined {
  const before = new Map<string, string[]>();
  const waiting: string[] = [];
  for (const { key, next } of fresh) {
    const rest = seen.get(key);
    if (rest?.restful === true || next.some((to) => seen.get(to)?.restful === true)) waiting.push(key);
    for (const to of next) before.set(to, [...(before.get(to) ?? []), key]);
  }
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const rest = seen.get(key);
    if (rest !== undefined) rest.restful = true;
    for (const from of before.get(key) ?? []) if (seen.get(from)?.restful === false) waiting.push(from);
  }
  return fresh.find(({ key }) => seen.get(key)?.restful !== true)?.node;
}

function findWrong(world: World, unforced: readonly Move[]): string | undefined {
  for (const { id } of world.model.tasks) {
    const executions = world.executions.filter((each) => each.key.task === id);
    const running = executions.filter((each) => each.state === "running");
    if (running.length > 1) return `overlapping: two attempts of ${id} run at once`;
    if (executions.length > 1) return `doubled: ${id} was started twice`;
    if (running.some((each) => world.freed.includes(each.key.fence)))
      return `overlapping: ${id} still runs on hosts that were given away`;
  }
  return unforced.length === 0 ? findWrongAtRest(world) : undefined;
}

function findWrongAtRest(world: World): string | undefined {
  for (const task of world.model.tasks) {
    const isBeyond = task.state === "ready" && task.attempts.length >= maxAttempts;
    const waits = world.model.tasks.some((each) => task.after.includes(each.step) && !isDone(each.state));
    if (!isSettled(task.state) && !isBeyond && !waits) return `stuck: ${task.id} is ${task.state} for ever`;
    const execution = world.executions.find((each) => each.key.task === task.id);
    const isKnown = execution?.state === "succeeded" || execution?.state === "failed";
    if (isKnown && !world.gone.includes(execution.key.agent) && task.state !== execution.state)
      return `lost: ${task.id} has ${execution.state}, and the server says ${task.state}`;
  }
  return undefined;
}

/* A step after one of unknown end waits for a person; one after a step that is not placed any more waits with it. */
const isDone = (state: World["model"]["tasks"][number]["state"]): boolean =>
  isSettled(state) && state !== "unknown";

function pathTo(node: Node): string[] {
  const names: string[] = [];
  for (let at = node; at.from !== undefined; at = at.from.node) names.unshift(at.from.name);
  return names;
}

/** The same for states that differ in nothing that matters: the order of lists, and texts for people. */
function keyOf({ model, net, held, executions, done, gone, nextFence, freed }: World): string {
  const tasks = model.tasks.map((task) => [
    task.state,
    task.changed,
    task.stop,
    task.cancel !== null,
    task.attempts.map(shortOf),
  ]);
  const lists = [net, held, executions, done, gone, freed].map((list) =>
    list.map((each) => JSON.stringify(each)).sort(),
  );
  return JSON.stringify([model.state, model.cancelRequested, model.pause !== null, tasks, lists, nextFence]);
}

type Attempt = World["model"]["tasks"][number]["attempts"][number];
const shortOf = (attempt: Attempt): unknown[] => [
  attempt.fence,
  attempt.agentId,
  attempt.state,
  attempt.outcome,
  attempt.started,
];
