import { z } from "zod";
import { MatchedIntent } from "./intent.ts";
import { Id, Instant, Priority, Verb } from "./vocabulary.ts";

/** Body of `POST /requests`. */
export const NewRequest = z.object({
  text: z
    .string()
    .trim()
    .min(1, "the request is empty: write what should happen, for example: Deploy the status page")
    .max(
      10_000,
      "the request is longer than 10,000 characters: say it shorter, or make several requests of it",
    ),
  priority: Priority.default(3),
  highValue: z.boolean().default(false),
});
export type NewRequest = z.infer<typeof NewRequest>;

/** Something only a person can decide before there can be a plan. */
export const Question = z.object({
  id: z.string(),
  kind: z.enum(["unit", "variable", "host_key", "hosts", "condition", "secret", "portals"]),
  /** Index of the intent that it belongs to; null when it concerns all. */
  step: z.int().nullable(),
  text: z.string(),
  /** Answers to choose from; empty when only free text makes sense. */
  options: z.array(z.object({ value: z.string(), label: z.string() })),
  /** True when an answer outside the options is allowed. */
  free: z.boolean(),
  answer: z.string().nullable(),
  /** The person wants this choice of a unit to hold from now on, once a plan with it is approved. */
  always: z.boolean().optional(),
});
export type Question = z.infer<typeof Question>;

/** Body of `POST /requests/{id}/answer`. */
export const AnswerRequest = z.object({
  answers: z
    .array(
      z.object({
        question: z.string().max(200),
        value: z.string().max(2_000),
        /** Of a unit: take it for these words from now on, without asking. */
        always: z.boolean().optional(),
      }),
    )
    .min(1)
    .max(50),
});
export type AnswerRequest = z.infer<typeof AnswerRequest>;

/** What a person asked for and how far Chiffon got with it. */
export const Request = z
  .object({
    id: Id,
    text: z.string(),
    priority: Priority,
    highValue: z.boolean(),
    status: z.enum(["parsing", "needs_clarification", "planned", "failed"]),
    intents: z.array(MatchedIntent),
    questions: z.array(Question),
    /** Newest plan of this request. */
    planId: Id.nullable(),
    /** Why there is no plan, and what to do about it. */
    problem: z.object({ message: z.string(), hint: z.string() }).nullable(),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .meta({ id: "Request" });
export type Request = z.infer<typeof Request>;

/**
 * Body of `POST /dispatch`: one unit by name, with its inventory, hosts and values, and no words to be understood. Becomes a request
 * with a plan of one step, to be approved like any other.
 */
export const NewDispatch = z.strictObject({
  /** Id of a unit, or a name that only one has; see `GET /playbooks`. */
  unit: z.string().trim().min(1).max(1_000),
  /** Path inside the repository; the one that is used for it otherwise when missing. */
  inventory: z.string().trim().min(1).max(4_096).optional(),
  /** Hosts and groups by the names of the inventory, never patterns; all that the unit is made for when missing. */
  hosts: z.array(z.string().trim().min(1).max(255)).min(1).max(1_000).optional(),
  /** Values by name of the variable. */
  vars: z.record(z.string().max(128), z.json()).optional(),
  /** What for, where the unit can do several things; its first when missing. */
  verb: Verb.optional(),
  /** Name of the service that one of Chiffon's own operations is about. */
  service: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}$/, "expected the name of a service")
    .optional(),
  priority: Priority.default(3),
});
export type NewDispatch = z.infer<typeof NewDispatch>;
