import { z } from "zod";
import { MatchedIntent } from "./intent.ts";
import { Id, Instant, Priority } from "./vocabulary.ts";

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
