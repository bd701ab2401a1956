import { z } from "zod";
import { CancelRun, EventList, MarkRun, PauseRun, ProbeRun, RunLog, RunPage } from "../../contracts/api.ts";
import { Request } from "../../contracts/request.ts";
import { RetryRun } from "../../contracts/retry.ts";
import { ContinueRun, HostResult, Run, Task } from "../../contracts/run.ts";
import { Id } from "../../contracts/vocabulary.ts";
import type { Engine } from "../../engine/engine.ts";
import { awaitSome } from "../read-events.ts";
import {
  callerOf,
  defineRoute,
  IdOrBeginning,
  isWholeId,
  pageOptions,
  pageQuery,
  type Route,
  type RouteDeps,
} from "../route.ts";

const params = z.object({ id: IdOrBeginning });
const offset = z.coerce.number().int().min(0).default(0);

export function runRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/runs",
      permission: "read",
      tag: "runs",
      summary: "Runs, newest first",
      query: z.object(pageQuery),
      answer: RunPage,
      handle: ({ query }) => engine.runs.list(pageOptions(query)),
    }),
    defineRoute({
      method: "GET",
      path: "/runs/:id",
      permission: "read",
      tag: "runs",
      summary: "A run with its tasks and attempts",
      params,
      answer: Run,
      handle: (call) => engine.runs.get(call.params.id),
    }),
    defineRoute({
      method: "POST",
      path: "/runs/:id/continue",
      permission: "approve",
      tag: "runs",
      summary: "Approve the step before which the run has stopped, bound to its preview by the hash",
      params,
      body: ContinueRun,
      answer: Run,
      handle: async (call) =>
        engine.runs.continue(callerOf(call), await wholeId(engine, call.params.id), call.body),
    }),
    ...holdRoutes(engine),
    markRoute(engine),
    probeRoute(engine),
    rollbackRoute(engine),
    retryRoute(engine),
    ...outputRoutes(engine),
    ...taskRoutes(engine),
  ];
}

function taskRoutes(engine: Engine): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/tasks/:id",
      permission: "read",
      tag: "runs",
      summary: "A task with its attempts",
      params: z.object({ id: Id }),
      answer: Task,
      handle: (call) => engine.tasks.get(call.params.id),
    }),
    defineRoute({
      method: "POST",
      path: "/tasks/:id/cancel",
      permission: "operate",
      tag: "runs",
      summary: "Stop one task of a run: what waits for it is skipped, everything else goes on",
      params: z.object({ id: Id }),
      body: CancelRun.default({}),
      answer: Task,
      handle: (call) =>
        engine.tasks.cancel(callerOf(call), call.params.id, call.body.reason ?? "no reason given"),
    }),
  ];
}

/** Ends a run, or holds it between its steps. */
function holdRoutes(engine: Engine): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: "/runs/:id/cancel",
      permission: "operate",
      tag: "runs",
      summary: "Stop a run",
      params,
      body: CancelRun.default({}),
      answer: Run,
      handle: async (call) => {
        const reason = call.body.reason ?? "no reason given";
        return engine.runs.cancel(callerOf(call), await wholeId(engine, call.params.id), reason);
      },
    }),
    defineRoute({
      method: "POST",
      path: "/runs/:id/pause",
      permission: "operate",
      tag: "runs",
      summary: "Hold a run between its steps: what runs goes on to its end, no further step begins",
      params,
      body: PauseRun.default({}),
      answer: Run,
      handle: async (call) =>
        engine.runs.pause(callerOf(call), await wholeId(engine, call.params.id), call.body.reason ?? null),
    }),
    defineRoute({
      method: "POST",
      path: "/runs/:id/resume",
      permission: "operate",
      tag: "runs",
      summary: "Let a paused run go on",
      params,
      answer: Run,
      handle: async (call) => engine.runs.resume(callerOf(call), await wholeId(engine, call.params.id)),
    }),
  ];
}

function markRoute(engine: Engine): Route {
  return defineRoute({
    method: "POST",
    path: "/runs/:id/mark",
    permission: "approve",
    tag: "runs",
    summary: "Say how a step of unknown end has ended, after a look at its hosts",
    params,
    body: MarkRun,
    answer: Run,
    handle: async (call) =>
      engine.runs.mark(callerOf(call), await wholeId(engine, call.params.id), call.body),
  });
}

function probeRoute(engine: Engine): Route {
  return defineRoute({
    method: "POST",
    path: "/runs/:id/probe",
    permission: "propose",
    tag: "runs",
    summary: "Ask for a look at what a step of unknown end has left: a request with a plan that only reads",
    params,
    body: ProbeRun,
    answer: Request,
    status: 201,
    perMinute: 60,
    handle: async (call) =>
      engine.runs.probe(callerOf(call), await wholeId(engine, call.params.id), call.body.step),
  });
}

function rollbackRoute(engine: Engine): Route {
  return defineRoute({
    method: "POST",
    path: "/runs/:id/rollback",
    permission: "propose",
    tag: "runs",
    summary: "Ask for a run to be taken back: a request with a plan of its own, which waits for its approval",
    params,
    answer: Request,
    status: 201,
    perMinute: 60,
    handle: async (call) => engine.runs.rollback(callerOf(call), await wholeId(engine, call.params.id)),
  });
}

function retryRoute(engine: Engine): Route {
  return defineRoute({
    method: "POST",
    path: "/runs/:id/retry",
    permission: "propose",
    tag: "runs",
    summary:
      "Ask for a part of a run to be tried again: the next revision of its plan, which waits for its approval",
    params,
    body: RetryRun,
    answer: Request,
    status: 201,
    perMinute: 60,
    handle: async (call) =>
      engine.runs.retry(callerOf(call), await wholeId(engine, call.params.id), call.body.from),
  });
}

function outputRoutes(engine: Engine): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/runs/:id/events",
      permission: "read",
      tag: "runs",
      summary: "Events of a run after a number, the same objects as in the live stream",
      params,
      query: z.object({
        after: offset,
        limit: z.coerce.number().int().min(1).max(1_000).default(500),
        /** Seconds to wait for the first event when there is none yet. */
        wait: z.coerce.number().min(0).max(25).default(0),
      }),
      answer: EventList,
      asStored: true,
      handle: async ({ params: { id }, query, signal }) => {
        const runId = await wholeId(engine, id);
        const { after, limit, wait: waitSeconds } = query;
        const wanted = { topic: `run:${runId}`, after, limit, waitSeconds, signal };
        const items = await awaitSome(engine.events, wanted);
        // An unknown run has no events either, but deserves another answer than a silent one.
        if (items.length === 0 && query.after === 0) await engine.runs.get(runId);
        return { items };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/runs/:id/log",
      permission: "read",
      tag: "runs",
      summary: "Ansible's own output of a run",
      params,
      query: z.object({
        after: offset,
        limit: z.coerce.number().int().min(1).max(1_000_000).default(100_000),
      }),
      answer: RunLog,
      asStored: true,
      handle: async ({ params: { id }, query }) =>
        engine.runs.log(await wholeId(engine, id), query.after, query.limit),
    }),
    defineRoute({
      method: "GET",
      path: "/runs/:id/hosts",
      permission: "read",
      tag: "runs",
      summary: "Result per host and ansibleTask",
      params,
      answer: z.array(HostResult),
      handle: async (call) => engine.runs.hosts(await wholeId(engine, call.params.id)),
    }),
  ];
}

async function wholeId(engine: Engine, id: string): Promise<string> {
  return isWholeId(id) ? id : (await engine.runs.get(id)).id;
}
