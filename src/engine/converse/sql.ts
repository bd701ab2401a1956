import { sql } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { Conversation, ConversationSummary, Message } from "../../contracts/conversation.ts";
import type { PlanState } from "../../contracts/plan.ts";
import type { Page, PageOptions } from "../engine.ts";
import { isBehind, toPage } from "../page-sql.ts";
import { isNobodys } from "../replicas/sql.ts";
import type { Database, Tx } from "../schema.ts";
import { appendEvents } from "../stream/sql.ts";
import { deletedConversation } from "./link-sql.ts";

/** Messages that are shown with a conversation; older ones are kept. */
const maxMessages = 500;
const maxTitle = 80;
export const untitled = "New conversation";

export async function insertConversation(
  db: Database,
  made: { id: string; by: Actor; at: Date },
): Promise<ConversationSummary> {
  const row = await db
    .insertInto("conversation")
    .values({
      id: made.id,
      title: untitled,
      created_by: JSON.stringify(made.by),
      created_at: made.at,
      updated_at: made.at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toSummary(row);
}

/** Newest activity first; `q` is looked for in titles and texts, in any case of letters. */
export async function listConversations(
  db: Database,
  options: PageOptions & { readonly q?: string },
): Promise<Page<ConversationSummary>> {
  let query = db
    .selectFrom("conversation as c")
    .selectAll()
    .orderBy("c.updated_at", "desc")
    .orderBy("c.id")
    .limit(options.limit + 1);
  if (options.q !== undefined && options.q !== "") {
    const { q } = options;
    query = query.where(
      sql<boolean>`(position(lower(${q}::text) IN lower(c.title)) > 0 OR EXISTS (
        SELECT 1 FROM message m
        WHERE m.conversation_id = c.id AND position(lower(${q}::text) IN lower(m.text)) > 0))`,
    );
  }
  if (options.cursor !== undefined)
    query = query.where(isBehind(options.cursor, { time: "c.updated_at", id: "c.id" }));
  const items = (await query.execute()).map(toSummary);
  return toPage(items, { limit: options.limit, time: (item) => item.updatedAt });
}

export async function getConversation(db: Database, id: string): Promise<Conversation> {
  const row = await db.selectFrom("conversation").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row) throw deletedConversation();
  const newest = await db
    .selectFrom("message")
    .selectAll()
    .where("conversation_id", "=", id)
    .orderBy("position", "desc")
    .limit(maxMessages)
    .execute();
  return { ...toSummary(row), messages: newest.toReversed().map(toMessage) };
}

/** False when there was none. Requests, plans, runs and records that came out of it stay. */
export async function deleteConversation(tx: Tx, id: string): Promise<boolean> {
  const gone = await tx.deleteFrom("conversation").where("id", "=", id).returning("id").executeTakeFirst();
  if (!gone) return false;
  await tx.deleteFrom("event").where("topic", "=", `conversation:${id}`).execute();
  await tx.deleteFrom("topic").where("name", "=", `conversation:${id}`).execute();
  return true;
}

/** Appends messages; the first one of a conversation gives its title. Throws "not-found" for a deleted conversation. */
export async function addMessages(
  tx: Tx,
  conversationId: string,
  messages: readonly (Message & { replica?: string })[],
): Promise<void> {
  const [first] = messages;
  if (first === undefined) return;
  const found = await tx
    .selectFrom("conversation")
    .select("title")
    .where("id", "=", conversationId)
    .forUpdate()
    .executeTakeFirst();
  if (!found) throw deletedConversation();
  const before = await tx
    .selectFrom("message")
    .select("id")
    .where("conversation_id", "=", conversationId)
    .limit(1)
    .executeTakeFirst();
  const title = before === undefined ? titleOf(first.text) : found.title;
  await tx
    .updateTable("conversation")
    .set({ title, updated_at: new Date(first.at) })
    .where("id", "=", conversationId)
    .execute();
  for (const message of messages)
    await tx
      .insertInto("message")
      .values({
        id: message.id,
        conversation_id: conversationId,
        at: new Date(message.at),
        sender: message.from,
        author: message.by,
        text: message.text,
        request_id: message.requestId,
        ...(message.replica === undefined ? {} : { replica: message.replica }),
      })
      .execute();
  const bodies = messages.map(({ id }) => ({ type: "message.added" as const, data: { messageId: id } }));
  await appendEvents(tx, `conversation:${conversationId}`, { at: new Date(first.at), bodies });
}

/** The message that speaks of a request, as far as it was not the one that made another. */
export async function pointMessage(tx: Tx, messageId: string, requestId: string): Promise<void> {
  await tx
    .updateTable("message")
    .set({ request_id: requestId })
    .where("id", "=", messageId)
    .where("request_id", "is", null)
    .execute();
}

export async function getMessage(db: Database, id: string): Promise<Message> {
  const row = await db.selectFrom("message").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row) throw deletedConversation();
  return toMessage(row);
}

/** The newest messages of a conversation, newest first. */
export async function listNewestMessages(
  db: Database,
  conversationId: string,
  limit: number,
): Promise<Pick<Message, "from" | "text">[]> {
  return await db
    .selectFrom("message")
    .select(["sender as from", "text"])
    .where("conversation_id", "=", conversationId)
    .orderBy("position", "desc")
    .limit(limit)
    .execute();
}

export async function findLastRequestId(db: Database, conversationId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("request")
    .select("id")
    .where("conversation_id", "=", conversationId)
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

export interface LastPlan {
  readonly id: string;
  readonly request_id: string;
  readonly summary: string;
  readonly state: PlanState;
  readonly reason: string | null;
}

export async function findLastPlan(db: Database, conversationId: string): Promise<LastPlan | undefined> {
  return await db
    .selectFrom("plan")
    .innerJoin("request", "request.id", "plan.request_id")
    .select(["plan.id", "plan.request_id", "plan.summary", "plan.state", "plan.reason"])
    .where("request.conversation_id", "=", conversationId)
    .orderBy("plan.created_at", "desc")
    .orderBy("plan.revision", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** The run of a plan that has not ended. */
export async function findOpenRun(db: Database, planId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("run")
    .select("id")
    .where("plan_id", "=", planId)
    .where("purpose", "=", "change")
    .where("state", "in", ["queued", "running", "paused"])
    .executeTakeFirst();
  return row?.id;
}

/** Messages of people that nothing was answered to, by none of these servers: one was stopped while it worked on them. */
export async function listUnanswered(
  db: Database,
  alive: readonly string[],
): Promise<{ conversation_id: string; request_id: string | null }[]> {
  const rows = await sql<{ conversation_id: string; request_id: string | null }>`
    SELECT * FROM (
      SELECT DISTINCT ON (conversation_id) conversation_id, request_id, sender, replica
      FROM message ORDER BY conversation_id, position DESC
    ) AS newest WHERE sender = 'person' AND ${isNobodys(alive)}
  `.execute(db);
  return rows.rows;
}

function titleOf(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return [...line].slice(0, maxTitle).join("");
}

function toSummary(row: {
  id: string;
  title: string;
  created_by: Actor;
  created_at: Date;
  updated_at: Date;
}): ConversationSummary {
  return {
    id: row.id,
    title: row.title,
    createdBy: row.created_by.name,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function toMessage(row: {
  id: string;
  at: Date;
  sender: Message["from"];
  author: string;
  text: string;
  request_id: string | null;
}): Message {
  return {
    id: row.id,
    at: row.at.toISOString(),
    from: row.sender,
    by: row.author,
    text: row.text,
    requestId: row.request_id,
  };
}
