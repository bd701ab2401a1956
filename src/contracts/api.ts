import { z } from "zod";
import { CatalogueFinding, UnitSummary } from "./catalogue.ts";
import { LiveEvent } from "./live.ts";
import { PlanSummary } from "./plan.ts";
import { Removal, RunSummary } from "./run.ts";
import { Instant } from "./vocabulary.ts";

/*
 * Shapes that exist only in the HTTP API: pages of lists, and small bodies and answers that are no thing of their own.
 */

const cursor = z.string().nullable();

export const PlanPage = z.object({ items: z.array(PlanSummary), next: cursor });
export type PlanPage = z.infer<typeof PlanPage>;

export const RunPage = z.object({ items: z.array(RunSummary), next: cursor });
export type RunPage = z.infer<typeof RunPage>;

/** Answer of `GET /runs/{id}/events`: ask again with `after` = the last `seq`. */
export const EventList = z.object({ items: z.array(LiveEvent) });
export type EventList = z.infer<typeof EventList>;

/** Answer of `GET /runs/{id}/log`: ask again with `after` = `next` until `end`. */
export const RunLog = z.object({
  text: z.string(),
  next: z.int(),
  /** True when the run has ended and this was all. */
  end: z.boolean(),
  /** Set where there is no output because it was removed after its time. */
  removed: Removal.optional(),
});
export type RunLog = z.infer<typeof RunLog>;

/** Body of `POST /runs/{id}/cancel`. */
export const CancelRun = z.object({ reason: z.string().trim().min(1).max(2_000).optional() });
export type CancelRun = z.infer<typeof CancelRun>;

/** Body of `POST /runs/{id}/mark`: how a step of unknown end has ended, by the word of a person who has looked. */
export const MarkRun = z.object({
  /** Index of the step, from 0. */
  step: z.int().min(0).max(1_000),
  outcome: z.enum(["succeeded", "failed"]),
  /** What was seen. */
  reason: z.string().trim().min(1).max(2_000),
});
export type MarkRun = z.infer<typeof MarkRun>;

/** Body of `POST /runs/{id}/probe`. */
export const ProbeRun = z.object({
  /** Index of the step, from 0; without it all steps of unknown end are looked at. */
  step: z.int().min(0).max(1_000).optional(),
});
export type ProbeRun = z.infer<typeof ProbeRun>;

/** Body of `POST /runs/{id}/pause`. */
export const PauseRun = z.object({ reason: z.string().trim().min(1).max(2_000).optional() });
export type PauseRun = z.infer<typeof PauseRun>;

/** Answer of `GET /playbooks`: all units, or the ones that fit `q`, best first. */
export const PlaybookPage = z.object({
  items: z.array(UnitSummary),
  next: cursor,
  /** How many units there are on all pages. */
  total: z.int(),
  /** What could not be read, with the first page. */
  findings: z.array(CatalogueFinding.extend({ repository: z.string() })),
});
export type PlaybookPage = z.infer<typeof PlaybookPage>;

export const SecretName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,63}$/,
    "a secret's name begins with a letter or _ and has only A-Z, a-z, 0-9 and _",
  );

/** What can be seen of a secret. */
export const SecretSummary = z
  .object({ name: z.string(), version: z.int(), updatedAt: Instant, origin: z.string() })
  .meta({ id: "SecretSummary" });
export type SecretSummary = z.infer<typeof SecretSummary>;

/** Body of `PUT /secrets/{name}`. */
export const SetSecret = z.object({
  value: z.string().min(1, "the value is empty").max(65_536, "the value is longer than 65,536 characters"),
});
export type SetSecret = z.infer<typeof SetSecret>;

/** Answer of `POST /secrets/{name}/reveal`: shown once per version, recorded. */
export const RevealedSecret = z.object({ name: z.string(), value: z.string() });
export type RevealedSecret = z.infer<typeof RevealedSecret>;

/** Answer of `POST /stream/ticket`: good for one connection within 30 s, as `GET /stream?ticket=`. */
export const StreamTicket = z.object({ ticket: z.string(), expiresAt: Instant });
export type StreamTicket = z.infer<typeof StreamTicket>;

/** Answer of `/readyz`. */
export const Readiness = z.object({
  ready: z.boolean(),
  database: z.boolean(),
  /** Records covered by the newest checkpoint of the audit log. */
  checkpointSize: z.int(),
  runningTasks: z.int(),
  agentsOnline: z.int(),
});
export type Readiness = z.infer<typeof Readiness>;
