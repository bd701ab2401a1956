import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, useSyncExternalStore } from "react";
import type { Conversation, ConversationPage, SentMessages } from "../../../src/contracts/conversation.ts";
import { api } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import { useConnection, useTopic } from "../live/live.ts";
import { pollEvery, requestKey } from "../plan/use-plan.ts";
import { keepDraft, putBack, readDraft } from "./drafts.ts";
import { outbox, type Sending } from "./outbox.ts";
import type { LivePhase } from "./phases.ts";
import { keepPhase } from "./timeline.ts";

export const listKey = ["conversations"];

export function conversationKey(id: string): readonly string[] {
  return ["conversation", id];
}

/** Conversations, newest activity first; the server looks for the words in titles and messages. */
export function useConversations(words: string): UseInfiniteQueryResult<InfiniteData<ConversationPage>> {
  return useInfiniteQuery({
    queryKey: [...listKey, words],
    queryFn: ({ pageParam, signal }) =>
      api.get<ConversationPage>(`/conversations?${queryOf({ words, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

function queryOf({ words, cursor }: { words: string; cursor: string | null }): string {
  return new URLSearchParams({
    limit: "50",
    ...(words === "" ? {} : { q: words }),
    ...(cursor === null ? {} : { cursor }),
  }).toString();
}

interface ConversationView {
  readonly query: UseQueryResult<Conversation>;
  readonly phases: ReadonlyMap<string, LivePhase>;
}

/** A conversation with what happens in it, as it happens. */
export function useConversation(id: string): ConversationView {
  const client = useQueryClient();
  const connection = useConnection();
  const [phases, setPhases] = useState<ReadonlyMap<string, LivePhase>>(new Map());
  const query = useQuery({
    queryKey: conversationKey(id),
    queryFn: ({ signal }) => api.get<Conversation>(`/conversations/${id}`, { signal }),
    refetchInterval: connection === "polling" ? pollEvery : false,
  });
  useTopic(`conversation:${id}`, {
    onEvent: (event) => {
      if (event.type === "message.added") {
        void client.invalidateQueries({ queryKey: conversationKey(id) });
        void client.invalidateQueries({ queryKey: listKey });
      }
      if (event.type === "request.phase") {
        setPhases((before) => keepPhase(before, event));
        void client.invalidateQueries({ queryKey: requestKey(event.data.requestId) });
      }
    },
  });
  return { query, phases };
}

export function useSending(conversationId: string): Sending | undefined {
  return useSyncExternalStore(outbox.subscribe, () => outbox.find(conversationId));
}

/** Sends a message. One that could not be sent is back in the box, with the reason above it. */
export async function sendMessage(conversationId: string, text: string): Promise<void> {
  const known = queryClient.getQueryData<Conversation>(conversationKey(conversationId));
  const message = { text, after: known?.messages.length ?? 0 };
  outbox.set(conversationId, { kind: "sending", message });
  try {
    const sent = await api.post<SentMessages>(`/conversations/${conversationId}/messages`, { text });
    for (const { requestId } of sent.messages) {
      if (requestId !== null) void queryClient.invalidateQueries({ queryKey: requestKey(requestId) });
    }
    // What was said may have changed a plan that another card shows.
    void queryClient.invalidateQueries({ queryKey: ["plan"] });
    await queryClient.invalidateQueries({ queryKey: conversationKey(conversationId) });
    outbox.set(conversationId, undefined);
  } catch (error) {
    keepDraft(localStorage, conversationId, putBack(text, readDraft(localStorage, conversationId)));
    outbox.set(conversationId, { kind: "failed", error });
    throw error;
  } finally {
    void queryClient.invalidateQueries({ queryKey: listKey });
  }
}

/** Begins a conversation with a message and goes there. Fails before anything is lost: the words are still in the box. */
export function useBeginConversation(): (text: string) => Promise<void> {
  const navigate = useNavigate();
  return async (text) => {
    const { id } = await api.post<Conversation>("/conversations");
    // Its failure is shown there, above the box that has the words again.
    const sent = sendMessage(id, text).catch(() => undefined);
    await navigate({ to: "/chat/$conversationId", params: { conversationId: id } });
    await sent;
  };
}
