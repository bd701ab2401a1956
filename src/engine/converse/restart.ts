import { randomUUID } from "node:crypto";
import type { Clock } from "../../ports/clock.ts";
import { failInterrupted, getRequest } from "../request/sql.ts";
import type { Database } from "../schema.ts";
import { describeRequest } from "./describe-request.ts";
import { addMessages, listUnanswered } from "./sql.ts";

/** What servers that are none of these left half done: their requests are told as failed, their messages get an answer. */
export async function mendInterrupted(db: Database, clock: Clock, alive: readonly string[]): Promise<void> {
  await failInterrupted(db, alive);
  for (const { conversation_id: id, request_id: requestId } of await listUnanswered(db, alive)) {
    const answer =
      requestId === null
        ? "The server was stopped while I worked on this message, and nothing came of it. Send it again."
        : (await describeRequest(db, await getRequest(db, requestId))).text;
    const message = {
      id: randomUUID(),
      at: clock.now().toISOString(),
      from: "chiffon" as const,
      by: "Chiffon",
      text: answer,
      requestId,
    };
    await db.transaction().execute((tx) => addMessages(tx, id, [message]));
  }
}
