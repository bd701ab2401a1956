import { ChiffonError } from "../../domain/errors.ts";
import type { Tx } from "../schema.ts";
import { appendEvents } from "../stream/sql.ts";

/** Where in a conversation a request was made. */
export interface Origin {
  readonly conversationId: string;
  readonly messageId: string;
}

type Phase = "read" | "matched" | "planned" | "needs_clarification" | "failed";

/** Ties a request that was just stored to the message that asked for it. */
export async function linkRequest(
  tx: Tx,
  link: { requestId: string; origin: Origin; at: Date },
): Promise<void> {
  const { requestId, origin, at } = link;
  const kept = await tx
    .selectFrom("conversation")
    .select("id")
    .where("id", "=", origin.conversationId)
    .forShare()
    .executeTakeFirst();
  if (!kept) throw deletedConversation();
  const changed = { conversation_id: origin.conversationId };
  await tx.updateTable("request").set(changed).where("id", "=", requestId).execute();
  await tx.updateTable("message").set({ request_id: requestId }).where("id", "=", origin.messageId).execute();
  await tellPhase(tx, { requestId, phase: "read", at });
}

/** Tells the conversation of a request, when it has one, how far Chiffon got with it. */
export async function tellPhase(tx: Tx, told: { requestId: string; phase: Phase; at: Date }): Promise<void> {
  const { requestId, phase, at } = told;
  const row = await tx
    .selectFrom("request")
    .select("conversation_id")
    .where("id", "=", requestId)
    .executeTakeFirst();
  if (row?.conversation_id == null) return;
  const body = { type: "request.phase" as const, data: { requestId, phase } };
  await appendEvents(tx, `conversation:${row.conversation_id}`, { at, bodies: [body] });
}

export function deletedConversation(): ChiffonError {
  return new ChiffonError("not-found", "there is no such conversation; it may have been deleted", {
    hint: "begin another one: POST /api/v1/conversations",
  });
}
