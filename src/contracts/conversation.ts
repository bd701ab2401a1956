import { z } from "zod";
import { Id, Instant, Priority } from "./vocabulary.ts";

const longestText = 10_000;

/** One message of a conversation, as kept. What belongs to a request (questions, plan, run) is fetched by `requestId`. */
export const Message = z
  .object({
    id: Id,
    at: Instant,
    from: z.enum(["person", "chiffon"]),
    /** Name of the person; `Chiffon` for its own. */
    by: z.string(),
    /** Plain text. */
    text: z.string(),
    /** The request that this message made, or speaks of; null for talk that asks for no change. */
    requestId: Id.nullable(),
  })
  .meta({ id: "Message" });
export type Message = z.infer<typeof Message>;

/** A row of `GET /conversations`, newest activity first. */
export const ConversationSummary = z.object({
  id: Id,
  /** The beginning of its first message. */
  title: z.string(),
  createdBy: z.string(),
  createdAt: Instant,
  updatedAt: Instant,
});
export type ConversationSummary = z.infer<typeof ConversationSummary>;

export const Conversation = ConversationSummary.extend({
  /** Oldest first; at most the newest 500. */
  messages: z.array(Message),
}).meta({ id: "Conversation" });
export type Conversation = z.infer<typeof Conversation>;

export const ConversationPage = z.object({
  items: z.array(ConversationSummary),
  next: z.string().nullable(),
});
export type ConversationPage = z.infer<typeof ConversationPage>;

/** Body of `POST /conversations/{id}/messages`. */
export const NewMessage = z.object({
  text: z
    .string()
    .trim()
    .min(1, "the message is empty: write what should happen, for example: Deploy the status page")
    .max(longestText, "the message is longer than 10,000 characters: say it shorter, or send several"),
  priority: Priority.default(3),
});
export type NewMessage = z.infer<typeof NewMessage>;

/** Answer of `POST /conversations/{id}/messages`: the person's message and Chiffon's answers to it, in order. */
export const SentMessages = z.object({ messages: z.array(Message) });
export type SentMessages = z.infer<typeof SentMessages>;
