import type { RunEffect, RunEvent, RunModel } from "../../src/domain/run/model.ts";
import type { Outcome } from "../../src/contracts/vocabulary.ts";
import type { Rules } from "./rules.ts";

/*
 * The server with its agents, as far as lost, doubled, overlapping and stuck work is concerned. The server is the production
 * reducer; its state and its outbox are durable, so a kill in the middle of a message only leaves the message to be taken again.
 */

export type AgentName = "a" | "b";
export const agentNames: readonly AgentName[] = ["a", "b"];

/** A message that is on its way; in any order, for as long as it likes. */
export type Message =
  | { readonly to: AgentName; readonly type: "order" | "grant" | "deny" | "stop"; readonly key: Key }
  | { readonly to: "server"; readonly type: "accepted" | "renewed"; readonly key: Key }
  | { readonly to: "server"; readonly type: "result"; readonly key: Key; readonly outcome: Outcome };

export interface Key {
  readonly task: string;
  readonly attempt: number;
  readonly fence: number;
  readonly agent: AgentName;
}

/** An order that an agent holds on its disk until its result is taken. */
export interface Held {
  readonly key: Key;
  /** Decided, and kept on the disk: it will never begin. */
  readonly refused: boolean;
  /** In memory only. */
  readonly granted: boolean;
  readonly stopAsked: boolean;
}

/** A supervised playbook: it lives apart from the agent, and outlives it. */
export interface Execution {
  readonly key: Key;
  /** `lost`: its supervisor was killed; what it ran is stopped when the agent looks. */
  readonly state: "running" | "lost" | Outcome;
  /** False once its agent has removed what it held of the attempt. */
  readonly known: boolean;
}

export interface World {
  readonly model: RunModel;
  readonly net: readonly Message[];
  readonly held: readonly Held[];
  readonly executions: readonly Execution[];
  /** Fences of the orders that agents were done with: an order that comes again is none. */
  readonly done: readonly number[];
  /** Agents that never come back. */
  readonly gone: readonly AgentName[];
  readonly nextFence: number;
  /** Fences of attempts whose hosts may be given away: their orphan limit is over, so nothing of them may live. */
  readonly freed: readonly number[];
}

export function begin(model: RunModel, rules: Rules): World {
  const empty: World = {
    model,
    net: [],
    held: [],
    executions: [],
    done: [],
    gone: [],
    nextFence: 1,
    freed: [],
  };
  return tell(empty, { type: "begun" }, rules);
}

/** The server takes an event, and sends what follows from it. */
export function tell(world: World, event: RunEvent, rules: Rules): World {
  const { model, effects } = rules.reduce(world.model, event);
  return effects.reduce(send, { ...world, model });
}

function send(world: World, effect: RunEffect): World {
  const task = world.model.tasks.find((each) => each.id === effect.taskId);
  if (!("attempt" in effect)) return world;
  const fence = "fence" in effect ? effect.fence : task?.attempts.at(-1)?.fence;
  const attempt = task?.attempts.find((each) => each.fence === fence);
  if (attempt === undefined || (effect.type !== "deny" && attempt.number !== effect.attempt)) return world;
  const agent = attempt.agentId as AgentName;
  const key = { task: effect.taskId, attempt: effect.attempt, fence: attempt.fence, agent };
  return post(world, { to: agent, type: effect.type, key });
}

/** One copy of a message is enough to have any number of them delivered. */
export function post(world: World, message: Message): World {
  const text = JSON.stringify(message);
  return world.net.some((each) => JSON.stringify(each) === text)
    ? world
    : { ...world, net: [...world.net, message] };
}

export const sameKey = (a: Key, b: Key): boolean =>
  a.task === b.task && a.attempt === b.attempt && a.fence === b.fence;

export function without(world: World, message: Message): World {
  return { ...world, net: world.net.filter((each) => each !== message) };
}
