import type { Request } from "../../contracts/request.ts";
import { findSameRun } from "../plan/compare.ts";
import { getPlan } from "../plan/sql.ts";
import type { Database } from "../schema.ts";

/** How far a request got, in one plain sentence; questions, plan and run are shown by its id. */
export async function describeRequest(
  db: Database,
  request: Request,
): Promise<{ text: string; requestId: string }> {
  return { requestId: request.id, text: await sentenceFor(db, request) };
}

async function sentenceFor(db: Database, request: Request): Promise<string> {
  switch (request.status) {
    case "planned": {
      if (request.planId === null) return "I made a plan.";
      const plan = await getPlan(db, request.planId);
      const same = await findSameRun(db, plan.id);
      const before = same === undefined ? "" : ` It is the same as ${same}.`;
      return `I made a plan of ${plan.summary}.${before} Nothing runs until it is approved.`;
    }
    case "needs_clarification": {
      const open = request.questions.filter((question) => question.answer === null);
      const more = open.length > 1 ? ` (and ${open.length - 1} more)` : "";
      return `I need to know: ${open[0]?.text ?? "more about this"}${more}`;
    }
    case "failed": {
      const { message = "I do not know why", hint = "" } = request.problem ?? {};
      return `I made no plan: ${message.replace(/\.$/, "")}.${hint === "" ? "" : ` What helps: ${hint}.`}`;
    }
    case "parsing":
      return "I am still reading this request.";
    default:
      return request.status satisfies never;
  }
}
