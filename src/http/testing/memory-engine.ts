import { randomUUID } from "node:crypto";
import type { Conversation, Message } from "../../contracts/conversation.ts";
import type { LiveEvent, RunEventBody } from "../../contracts/live.ts";
import type { Request } from "../../contracts/request.ts";
import type { RunSummary } from "../../contracts/run.ts";
import { findCapacity } from "../../domain/capacity.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Caller, Engine } from "../../engine/engine.ts";
import {
  at,
  makeAgent,
  makePlan,
  makeRun,
  makeTask,
  memoryRepository,
  memoryTrust,
  memoryUnit,
  sha,
} from "./memory-things.ts";
import { exportFromMemory, proveInMemory } from "./memory-log.ts";

/*
 * An engine in memory for tests of HTTP itself: one plan, one run, one agent, one unit, and topics that tests append to.
 * What it was asked to do stands in `calls`.
 */

export interface MemoryEngine extends Engine {
  readonly ids: {
    readonly plan: string;
    readonly run: string;
    readonly task: string;
    readonly agent: string;
  };
  readonly calls: { readonly name: string; readonly by?: Caller; readonly args: readonly unknown[] }[];
  /** Stores an event of the run and hints at it. */
  append(text: string): LiveEvent;
  /** Ids of the topic's watchers that are still there. */
  watchers(): number;
  /** The next calls of this method wait until the returned function is called, or fail with `error`. */
  hold(): () => void;
  failNext(error: Error): void;
}

function makeRequest(text: string, by: Caller): Request {
  return {
    id: randomUUID(),
    text,
    priority: 3,
    highValue: false,
    status: "planned",
    intents: [],
    questions: [],
    planId: null,
    problem: null,
    createdBy: by.actor.name,
    createdAt: at,
  };
}

function found<T extends { id: string }>(thing: T, id: string): T {
  if (thing.id === id || (id.length >= 4 && thing.id.startsWith(id))) return thing;
  throw new ChiffonError("not-found", `There is nothing with the id ${id}.`, { hint: "Look at the list." });
}

function createTopics(runTopic: string): Pick<MemoryEngine, "append" | "watchers" | "events"> {
  const events: LiveEvent[] = [];
  const watching = new Set<() => void>();
  return {
    watchers: () => watching.size,
    append: (text) => {
      const seq = events.length + 1;
      const output: RunEventBody = {
        type: "output",
        data: { taskId: randomUUID(), attempt: 1, offset: seq, length: text.length, text },
      };
      const event: LiveEvent = { topic: runTopic, seq, at, ...output };
      events.push(event);
      for (const onHint of watching) onHint();
      return event;
    },
    events: {
      read: async (topic, after, limit) => (topic === runTopic ? events.slice(after, after + limit) : []),
      watch: (_topic, onHint) => {
        watching.add(onHint);
        return () => watching.delete(onHint);
      },
    },
  };
}

type Note = (name: string, by: Caller, ...args: unknown[]) => void;

/** One conversation at most, of which every message is answered with "Hello." */
function createMemoryConversations(note: Note): Engine["conversations"] {
  let kept: Conversation | undefined;
  const get = (id: string): Conversation => {
    if (kept?.id !== id) throw new ChiffonError("not-found", `There is no conversation ${id}.`);
    return kept;
  };
  return {
    list: async ({ q }) => ({
      items: kept === undefined || (q !== undefined && !kept.title.includes(q)) ? [] : [kept],
      next: null,
    }),
    create: async (by) => {
      note("conversations.create", by);
      const stamps = { createdBy: by.actor.name, createdAt: at, updatedAt: at };
      kept = { id: randomUUID(), title: "New conversation", ...stamps, messages: [] };
      return kept;
    },
    get: async (id) => get(id),
    send: async (by, id, body) => {
      note("conversations.send", by, id, body);
      const stamp = (): Pick<Message, "id" | "at" | "requestId"> => ({
        id: randomUUID(),
        at,
        requestId: null,
      });
      const said: Message = { ...stamp(), from: "person", by: by.actor.name, text: body.text };
      const messages: Message[] = [said, { ...stamp(), from: "chiffon", by: "Chiffon", text: "Hello." }];
      get(id).messages.push(...messages);
      return { messages };
    },
    remove: async (by, id) => {
      note("conversations.remove", by, id);
      get(id);
      kept = undefined;
    },
  };
}

export function createMemoryEngine(): MemoryEngine {
  const ids = { plan: randomUUID(), run: randomUUID(), task: randomUUID(), agent: randomUUID() };
  const plan = makePlan(ids.plan, randomUUID());
  const task = makeTask(ids.task, ids.run, ids.plan);
  const run = makeRun(ids.run, plan, task);
  const { tasks: _tasks, stops: _stops, ...runSummary } = run;
  const summaries: RunSummary[] = [runSummary];
  const calls: MemoryEngine["calls"] = [];
  const requests: Request[] = [];
  let gate: Promise<void> = Promise.resolve();
  let failure: Error | undefined;
  const note: Note = (name, by, ...args) => {
    calls.push({ name, by, args });
  };
  return {
    ids,
    calls,
    ...createTopics(`run:${ids.run}`),
    hold: () => {
      const held = Promise.withResolvers<void>();
      gate = held.promise;
      return held.resolve;
    },
    failNext: (error) => {
      failure = error;
    },
    requests: {
      create: async (by, body) => {
        note("requests.create", by, body);
        await gate;
        const error = failure;
        failure = undefined;
        if (error !== undefined) throw error;
        const request = makeRequest(body.text, by);
        requests.push(request);
        return request;
      },
      answer: async (_by, id) => found(requests[0] ?? makeRequest("", _by), id),
      dispatch: async (by, body) => {
        note("requests.dispatch", by, body);
        const request = makeRequest(`Run ${body.unit}`, by);
        requests.push(request);
        return request;
      },
      get: async (id) => {
        const request = requests.find((one) => one.id === id);
        if (request === undefined) throw new ChiffonError("not-found", `There is no request ${id}.`);
        return request;
      },
    },
    conversations: createMemoryConversations(note),
    plans: {
      list: async ({ limit }) => ({ items: [plan].slice(0, limit), next: null }),
      get: async (id) => found(plan, id),
      approve: async (by, id, body) => {
        note("plans.approve", by, id, body);
        return found(plan, id);
      },
      reject: async (by, id, reason) => {
        note("plans.reject", by, id, reason);
        return found(plan, id);
      },
      revise: async (by, id, body) => {
        note("plans.revise", by, id, body);
        found(plan, id);
        return makeRequest(plan.requestText, by);
      },
      diff: async (id, against) => {
        calls.push({ name: "plans.diff", args: [id, against] });
        const { id: planId, revision } = found(plan, id);
        const summary = ["this is the first revision: there is none before it"];
        return { planId, revision, against: null, same: false, summary, risk: null, steps: [] };
      },
      preview: async (id) => ({ planId: found(plan, id).id, steps: [] }),
      startPreview: async (by, id, body) => {
        note("plans.startPreview", by, id, body);
        return { planId: found(plan, id).id, steps: [] };
      },
      cancelPreview: async (by, id) => {
        note("plans.cancelPreview", by, id);
        return { planId: found(plan, id).id, steps: [] };
      },
    },
    runs: {
      list: async ({ limit }) => ({ items: summaries.slice(0, limit), next: null }),
      get: async (id) => found(run, id),
      hosts: async (id) => (found(run, id), []),
      log: async (id, after) => (found(run, id), { text: "PLAY [all]\n", next: after + 11, end: true }),
      cancel: async (by, id, reason) => {
        note("runs.cancel", by, id, reason);
        return found(run, id);
      },
      pause: async (by, id, reason) => {
        note("runs.pause", by, id, reason);
        return found(run, id);
      },
      resume: async (by, id) => {
        note("runs.resume", by, id);
        return found(run, id);
      },
      mark: async (by, id, body) => {
        note("runs.mark", by, id, body);
        return found(run, id);
      },
      continue: async (by, id, body) => {
        note("runs.continue", by, id, body);
        return found(run, id);
      },
      retry: async (by, id, from) => {
        note("runs.retry", by, id, from);
        return makeRequest(`Retry run ${found(run, id).id.slice(0, 8)}`, by);
      },
      probe: async (by, id, step) => {
        note("runs.probe", by, id, step);
        return makeRequest(`Look at run ${found(run, id).id.slice(0, 8)}`, by);
      },
      rollback: async (by, id) => {
        note("runs.rollback", by, id);
        return makeRequest(`Roll back run ${found(run, id).id.slice(0, 8)}`, by);
      },
    },
    tasks: {
      get: async (id) => found(task, id),
      cancel: async (by, id, reason) => {
        note("tasks.cancel", by, id, reason);
        return { ...found(task, id), state: "cancelled" };
      },
    },
    agents: {
      list: async () => [makeAgent(ids.agent)],
      get: async (id) => found(makeAgent(ids.agent), id),
      capacity: async (needs) => findCapacity([makeAgent(ids.agent)], needs),
      invite: async (by, { type, labels }) => {
        note("agents.invite", by, type);
        return { id: ids.agent, code: "AAAA-BBBB", type, labels, expiresAt: at, serverKey: "SHA256:key" };
      },
      drain: async (by, id, { draining, reason }) => {
        note("agents.drain", by, id, `${String(draining)} ${reason}`);
        return found(makeAgent(ids.agent), id);
      },
      revoke: async (by, id, reason) => {
        note("agents.revoke", by, id, reason);
        return found(makeAgent(ids.agent), id);
      },
    },
    playbooks: {
      list: async () => ({ items: [memoryUnit], next: null, total: 1, findings: [] }),
      get: async (id) => (id === memoryUnit.name ? memoryUnit : found(memoryUnit, id)),
      refresh: async () => undefined,
    },
    deadLetters: {
      list: async () => [
        {
          id: "outbox-7",
          at,
          queue: "chf.up.result",
          reason: "delivery_limit",
          problem: null,
          type: "work_result",
          from: ids.agent,
          excerpt: "{}",
          replayedAt: null,
          replayedBy: null,
        },
      ],
      replay: async (by, id) => note("deadLetters.replay", by, id),
      discard: async (by, id) => note("deadLetters.discard", by, id),
    },
    aliases: {
      list: async () => [],
      remove: async (by, id) => note("aliases.remove", by, id),
    },
    audit: {
      query: async (query) => {
        calls.push({ name: "audit.query", args: [query] });
        return { items: [], next: null };
      },
      task: async () => [],
      checkpoint: async () => ({ size: 3, root: sha, at, note: "chiffon\n3\n" }),
      proof: async (index, size) => proveInMemory(index, size),
      export: async function* () {
        yield* exportFromMemory();
      },
      verify: async () => ({ ok: true, size: 3, root: sha, checkpoints: 1, pending: 0 }),
    },
    secrets: {
      list: async () => [{ name: "DB_PASSWORD", version: 1, updatedAt: at, origin: "set" }],
      set: async (by, name) => note("secrets.set", by, name),
      remove: async (by, name) => note("secrets.remove", by, name),
      reveal: async (by, name) => {
        note("secrets.reveal", by, name);
        return "hunter2-hunter2";
      },
    },
    repositories: {
      list: async () => [memoryRepository],
      add: async (by, body) => {
        note("repositories.add", by, body);
        return memoryRepository;
      },
      remove: async (by, name) => note("repositories.remove", by, name),
      pull: async (by, name) => {
        note("repositories.pull", by, name);
        return memoryRepository;
      },
      trust: async () => memoryTrust,
      giveTrust: async (by, name, hash) => {
        note("repositories.giveTrust", by, name, hash);
        return { ...memoryTrust, state: "trusted" };
      },
      revokeTrust: async (by, name) => {
        note("repositories.revokeTrust", by, name);
        return { ...memoryTrust, state: "revoked" };
      },
    },
    machines: {
      list: async () => [],
      check: async (by, body) => {
        note("machines.check", by, body);
        return [];
      },
      facts: async (by, body) => {
        note("machines.facts", by, body);
        return makeRequest("Show the facts of all machines", by);
      },
    },
    health: async () => ({ database: true, checkpointSize: 3, runningTasks: 1, agentsOnline: 1 }),
  };
}
