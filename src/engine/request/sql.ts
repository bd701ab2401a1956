import type { Actor } from "../../contracts/actor.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { NewRequest, Question, Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { isNobodys } from "../replicas/sql.ts";
import type { Database, Tx } from "../schema.ts";

export async function insertRequest(
  tx: Tx,
  request: { id: string; body: NewRequest; by: Actor; at: Date; replica?: string },
): Promise<void> {
  await tx
    .insertInto("request")
    .values({
      id: request.id,
      text: request.body.text,
      priority: request.body.priority,
      high_value: request.body.highValue,
      status: "parsing",
      intents: "[]",
      questions: "[]",
      problem: null,
      plan_id: null,
      created_by: JSON.stringify(request.by),
      created_at: request.at,
      ...(request.replica === undefined ? {} : { replica: request.replica }),
    })
    .execute();
}

export async function updateRequest(
  tx: Tx,
  id: string,
  change: {
    status: Request["status"];
    intents: readonly MatchedIntent[];
    questions: readonly Question[];
    problem: Request["problem"];
    planId: string | null;
  },
): Promise<void> {
  await tx
    .updateTable("request")
    .set({
      status: change.status,
      intents: JSON.stringify(change.intents),
      questions: JSON.stringify(change.questions),
      problem: change.problem === null ? null : JSON.stringify(change.problem),
      plan_id: change.planId,
    })
    .where("id", "=", id)
    .execute();
}

export async function getRequest(db: Database, id: string): Promise<Request> {
  const row = await db.selectFrom("request").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row) throw new ChiffonError("not-found", `there is no request ${id}`);
  return {
    id: row.id,
    text: row.text,
    priority: row.priority,
    highValue: row.high_value,
    status: row.status,
    intents: row.intents,
    questions: row.questions,
    planId: row.plan_id,
    problem: row.problem,
    createdBy: row.created_by.name,
    createdAt: row.created_at.toISOString(),
  };
}

/** Two answers to one request follow one another; what has led to a plan is not decided again. */
export async function lockOpenRequest(tx: Tx, id: string): Promise<void> {
  const row = await tx
    .selectFrom("request")
    .select(["status", "plan_id"])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (row?.status === "planned")
    throw new ChiffonError("conflict", "this request was answered in the meantime", {
      hint: `its plan is ${row.plan_id?.slice(0, 8) ?? "gone"}`,
    });
}

/** Takes a planned request up again for the next revision of exactly this plan. */
export async function reopenRequest(
  tx: Tx,
  given: { id: string; planId: string; replica: string },
): Promise<void> {
  const result = await tx
    .updateTable("request")
    .set({ status: "parsing", replica: given.replica })
    .where("id", "=", given.id)
    .where("plan_id", "=", given.planId)
    .where("status", "=", "planned")
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n)
    throw new ChiffonError("conflict", "this plan is being changed by somebody else at this moment", {
      hint: "look at the newest revision and say again what should be different",
    });
}

/** Back to the plan that it had: the next revision could not be made. */
export async function restorePlanned(db: Database, given: { id: string; planId: string }): Promise<void> {
  await db
    .updateTable("request")
    .set({ status: "planned" })
    .where("id", "=", given.id)
    .where("plan_id", "=", given.planId)
    .where("status", "=", "parsing")
    .execute();
}

/** Requests that a server was reading which is none of these: told as failed, so that nobody waits for them. */
export async function failInterrupted(db: Database, alive: readonly string[]): Promise<void> {
  const problem = { message: "the server was stopped while it was reading this request", hint: "ask again" };
  await db
    .updateTable("request")
    .set({ status: "failed", problem: JSON.stringify(problem) })
    .where("status", "=", "parsing")
    .where(isNobodys(alive))
    .execute();
}
