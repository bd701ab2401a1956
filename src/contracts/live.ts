import { z } from "zod";
import { HostRecap, HostStatus, ResourcesUsed, RunState, TaskState } from "./run.ts";
import { Id, Instant, Outcome } from "./vocabulary.ts";

/** `run:<id>`, `plan:<id>`, `conversation:<id>`, `agents`, `inbox`. */
export const Topic = z.string().regex(/^(?:(?:run|plan|conversation):[0-9a-f-]{36}|agents|inbox)$/);
export type Topic = z.infer<typeof Topic>;

const ofAttempt = { taskId: Id, attempt: z.int() };

/** What happens to a run, as stored and as sent; `data` per `type`. */
export const RunEventBody = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("run.state"),
    data: z.object({ state: RunState, reason: z.string().nullable() }),
  }),
  z.object({
    type: z.literal("task.state"),
    data: z.object({
      taskId: Id,
      step: z.int(),
      name: z.string(),
      state: TaskState,
      reason: z.string().nullable(),
    }),
  }),
  z.object({ type: z.literal("attempt.started"), data: z.object({ ...ofAttempt, agentId: Id }) }),
  z.object({
    type: z.literal("attempt.ended"),
    data: z.object({
      ...ofAttempt,
      outcome: Outcome,
      exitCode: z.int().nullable(),
      reason: z.string().nullable(),
      recap: z.record(z.string(), HostRecap).nullable(),
      resources: ResourcesUsed.nullable(),
    }),
  }),
  z.object({
    type: z.literal("ansible.play"),
    data: z.object({ ...ofAttempt, name: z.string() }),
  }),
  z.object({
    type: z.literal("ansible.task"),
    data: z.object({
      ...ofAttempt,
      key: z.string(),
      name: z.string(),
      module: z.string(),
      source: z.string(),
      handler: z.boolean(),
    }),
  }),
  z.object({
    type: z.literal("host.started"),
    data: z.object({ ...ofAttempt, key: z.string(), host: z.string(), at: Instant }),
  }),
  z.object({
    type: z.literal("host.result"),
    data: z.object({
      ...ofAttempt,
      key: z.string(),
      host: z.string(),
      status: HostStatus,
      durationMs: z.number().nullable(),
      /** Label of the loop item when this is one of several results of a loop. */
      item: z.string().nullable(),
      message: z.string().nullable(),
      at: Instant,
    }),
  }),
  z.object({
    type: z.literal("host.diff"),
    data: z.object({ ...ofAttempt, key: z.string(), host: z.string(), text: z.string() }),
  }),
  /** A piece of Ansible's own output; `offset` counts UTF-16 units of the attempt's stored text. */
  z.object({
    type: z.literal("output"),
    data: z.object({ ...ofAttempt, offset: z.int(), length: z.int(), text: z.string() }),
  }),
]);
export type RunEventBody = z.infer<typeof RunEventBody>;

/** Events of the other topics are hints to fetch the named thing again. */
export const HintEventBody = z.discriminatedUnion("type", [
  z.object({ type: z.literal("plan.state"), data: z.object({ planId: Id, state: z.string() }) }),
  z.object({ type: z.literal("agent.state"), data: z.object({ agentId: Id, status: z.string() }) }),
  z.object({ type: z.literal("inbox.changed"), data: z.object({ planId: Id }) }),
  /** Files of a repository have changed: what it offers, and what was found in it, may be others now. */
  z.object({ type: z.literal("catalogue.changed"), data: z.object({ repository: z.string() }) }),
  z.object({ type: z.literal("message.added"), data: z.object({ messageId: Id }) }),
  /** How far Chiffon got with a request of the conversation: what it reads, has found, plans. */
  z.object({
    type: z.literal("request.phase"),
    data: z.object({
      requestId: Id,
      phase: z.enum(["read", "matched", "planned", "needs_clarification", "failed"]),
    }),
  }),
]);
export type HintEventBody = z.infer<typeof HintEventBody>;

/**
 * Stands for all events of a topic up to its own number: they were removed after their time. Who has seen everything up to a
 * smaller number gets this one next, and then what comes after it.
 */
export const RemovedEventBody = z.object({
  type: z.literal("events.removed"),
  /** `reason` for a person: "removed after 90 days on 2027-02-20". */
  data: z.object({ through: z.int(), reason: z.string() }),
});
export type RemovedEventBody = z.infer<typeof RemovedEventBody>;

const stamp = { topic: Topic, seq: z.int(), at: Instant };

/**
 * One event of a topic. `seq` starts at 1 and has no gaps but the one that `events.removed` fills. Polling and the live stream give
 * the same objects.
 */
export const LiveEvent = z
  .intersection(z.object(stamp), z.union([RunEventBody, HintEventBody, RemovedEventBody]))
  .meta({ id: "LiveEvent" });
export type LiveEvent = z.infer<typeof LiveEvent>;

/** What a client of the live stream may send. */
export const StreamCommand = z.union([
  z.object({ subscribe: z.object({ topic: Topic, after: z.int().min(0).default(0) }) }),
  z.object({ unsubscribe: z.object({ topic: Topic }) }),
]);
export type StreamCommand = z.infer<typeof StreamCommand>;
