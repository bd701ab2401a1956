import { z } from "zod";
import { PlanPage } from "../../contracts/api.ts";
import { PlanPreview, StartPreview } from "../../contracts/preview.ts";
import { ApprovePlan, Plan, PlanState, RejectPlan, RevisePlan } from "../../contracts/plan.ts";
import { PlanDiff } from "../../contracts/plan-diff.ts";
import { AnswerRequest, NewDispatch, NewRequest, Request } from "../../contracts/request.ts";
import { Id } from "../../contracts/vocabulary.ts";
import type { Engine } from "../../engine/engine.ts";
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

export function requestRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: "/requests",
      permission: "propose",
      tag: "requests",
      summary: "Ask for a change in plain words",
      body: NewRequest,
      answer: Request,
      status: 201,
      handle: (call) => engine.requests.create(callerOf(call), call.body),
    }),
    defineRoute({
      method: "POST",
      path: "/dispatch",
      permission: "propose",
      tag: "requests",
      summary:
        "Name one unit with its inventory, hosts and values: a plan of one step, which waits for its approval",
      body: NewDispatch,
      answer: Request,
      status: 201,
      perMinute: 60,
      handle: (call) => engine.requests.dispatch(callerOf(call), call.body),
    }),
    defineRoute({
      method: "GET",
      path: "/requests/:id",
      permission: "read",
      tag: "requests",
      summary: "A request and how far it got",
      params: z.object({ id: Id }),
      answer: Request,
      handle: (call) => engine.requests.get(call.params.id),
    }),
    defineRoute({
      method: "POST",
      path: "/requests/:id/answer",
      permission: "propose",
      tag: "requests",
      summary: "Answer the questions of a request",
      params: z.object({ id: Id }),
      body: AnswerRequest,
      answer: Request,
      handle: (call) => engine.requests.answer(callerOf(call), call.params.id, call.body),
    }),
  ];
}

const params = z.object({ id: IdOrBeginning });

export function planRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/plans",
      permission: "read",
      tag: "plans",
      summary: "Plans, newest first",
      query: z.object({ ...pageQuery, state: PlanState.optional() }),
      answer: PlanPage,
      handle: ({ query }) =>
        engine.plans.list({
          ...pageOptions(query),
          ...(query.state === undefined ? {} : { state: query.state }),
        }),
    }),
    defineRoute({
      method: "GET",
      path: "/plans/:id",
      permission: "read",
      tag: "plans",
      summary: "A plan with all its steps",
      params,
      answer: Plan,
      handle: (call) => engine.plans.get(call.params.id, callerOf(call)),
    }),
    defineRoute({
      method: "GET",
      path: "/plans/:id/diff",
      permission: "read",
      tag: "plans",
      summary:
        "How a plan differs from the revision before it, the last approved run of the same units, or another plan",
      params,
      query: z.object({ against: z.union([z.enum(["previous", "last-run"]), IdOrBeginning]).optional() }),
      answer: PlanDiff,
      perMinute: 120,
      handle: (call) => engine.plans.diff(call.params.id, call.query.against),
    }),
    ...decisionRoutes(engine),
    ...previewRoutes(engine),
  ];
}

function decisionRoutes(engine: Engine): Route[] {
  const wholeId = async (id: string): Promise<string> =>
    isWholeId(id) ? id : (await engine.plans.get(id)).id;
  return [
    defineRoute({
      method: "POST",
      path: "/plans/:id/approve",
      permission: "approve",
      tag: "plans",
      summary: "Approve exactly the plan with this hash; it runs once",
      params,
      body: ApprovePlan,
      answer: Plan,
      handle: async (call) => engine.plans.approve(callerOf(call), await wholeId(call.params.id), call.body),
    }),
    defineRoute({
      method: "POST",
      path: "/plans/:id/reject",
      permission: "approve",
      tag: "plans",
      summary: "Reject a plan",
      params,
      body: RejectPlan,
      answer: Plan,
      handle: async (call) =>
        engine.plans.reject(callerOf(call), await wholeId(call.params.id), call.body.reason),
    }),
    defineRoute({
      method: "POST",
      path: "/plans/:id/revise",
      permission: "propose",
      tag: "plans",
      summary:
        "Change a plan by plain words or by values: its next revision, or the questions that the words raise",
      params,
      body: RevisePlan,
      answer: Request,
      perMinute: 60,
      handle: async (call) => engine.plans.revise(callerOf(call), await wholeId(call.params.id), call.body),
    }),
  ];
}

function previewRoutes(engine: Engine): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/plans/:id/preview",
      permission: "read",
      tag: "plans",
      summary: "What each step would change, would not change, and what cannot be known before it runs",
      params,
      answer: PlanPreview,
      asStored: true,
      handle: (call) => engine.plans.preview(call.params.id),
    }),
    defineRoute({
      method: "POST",
      path: "/plans/:id/preview",
      permission: "preview",
      tag: "plans",
      summary:
        "Look at steps in check mode before the approval, in the sandbox or under trust; answers at once",
      params,
      body: StartPreview,
      answer: PlanPreview,
      asStored: true,
      perMinute: 30,
      handle: (call) => engine.plans.startPreview(callerOf(call), call.params.id, call.body),
    }),
    defineRoute({
      method: "POST",
      path: "/plans/:id/preview/cancel",
      permission: "preview",
      tag: "plans",
      summary: "Stop looking; answers when nothing of it runs any more",
      params,
      answer: PlanPreview,
      asStored: true,
      handle: (call) => engine.plans.cancelPreview(callerOf(call), call.params.id),
    }),
  ];
}
