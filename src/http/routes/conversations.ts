import { z } from "zod";
import { Conversation, ConversationPage, NewMessage, SentMessages } from "../../contracts/conversation.ts";
import { Id } from "../../contracts/vocabulary.ts";
import { authorize } from "../../engine/access/roles.ts";
import type { TalkingCaller } from "../../engine/engine.ts";
import {
  callerOf,
  defineRoute,
  identityOf,
  noContent,
  pageOptions,
  pageQuery,
  type Call,
  type Route,
  type RouteDeps,
} from "../route.ts";

const params = z.object({ id: Id });
const search = z.string().trim().max(200).optional();

export function conversationRoutes({ engine }: RouteDeps): Route[] {
  const { conversations } = engine;
  return [
    defineRoute({
      method: "GET",
      path: "/conversations",
      permission: "read",
      tag: "conversations",
      summary: "Conversations, newest activity first; q is looked for in titles and messages",
      query: z.object({ ...pageQuery, q: search }),
      answer: ConversationPage,
      handle: ({ query }) =>
        conversations.list({ ...pageOptions(query), ...(query.q === undefined ? {} : { q: query.q }) }),
    }),
    defineRoute({
      method: "POST",
      path: "/conversations",
      permission: "propose",
      tag: "conversations",
      summary: "Begin a conversation",
      answer: Conversation,
      status: 201,
      handle: (call) => conversations.create(callerOf(call)),
    }),
    defineRoute({
      method: "GET",
      path: "/conversations/:id",
      permission: "read",
      tag: "conversations",
      summary: "A conversation with its newest messages",
      params,
      answer: Conversation,
      handle: (call) => conversations.get(call.params.id),
    }),
    defineRoute({
      method: "POST",
      path: "/conversations/:id/messages",
      permission: "propose",
      tag: "conversations",
      summary: "Say something: a change becomes a request, a question is answered",
      params,
      body: NewMessage,
      answer: SentMessages,
      status: 201,
      handle: (call) => conversations.send(talkingCallerOf(call), call.params.id, call.body),
    }),
    defineRoute({
      method: "DELETE",
      path: "/conversations/:id",
      permission: "propose",
      tag: "conversations",
      summary: "Delete a conversation; requests, plans, runs and records of it stay",
      params,
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await conversations.remove(callerOf(call), call.params.id);
        return null;
      },
    }),
  ];
}

/** Words can stand for what other routes ask other permissions for. */
function talkingCallerOf(call: Pick<Call<unknown, unknown, unknown>, "identity">): TalkingCaller {
  const identity = identityOf(call);
  return { ...callerOf(call), authorize: (permission) => authorize(identity, permission) };
}
