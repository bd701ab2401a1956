import { queryOptions } from "@tanstack/react-query";
import type { AuditPage } from "../../../src/contracts/audit.ts";
import type { Conversation, ConversationPage } from "../../../src/contracts/conversation.ts";
import type { Request } from "../../../src/contracts/request.ts";
import { api } from "../api/client.ts";

/** A request that nobody has answered yet. */
export interface OpenRequest {
  readonly id: string;
  readonly text: string;
  readonly createdAt: string;
  /** The questions without an answer, in words. */
  readonly open: readonly string[];
  /** Where it was asked; null for the command line and programs. */
  readonly conversationId: string | null;
}

const dayMs = 86_400_000;
const days = 7;
const most = 30;
const conversations = 10;

/** Questions of the last days. The record knows which requests were made; the newest conversations, where. */
export const openQuestionsQuery = queryOptions({
  queryKey: ["inbox", "questions"],
  queryFn: async ({ signal }): Promise<OpenRequest[]> => {
    const since = new Date(Date.now() - days * dayMs).toISOString();
    const records = await api.get<AuditPage>(
      `/audit/query?kind=request.created&limit=${most}&since=${since}`,
      { signal },
    );
    const ids = records.items.flatMap(({ request_id: id }) => (id === null ? [] : [id]));
    const requests = await Promise.all(ids.map((id) => api.get<Request>(`/requests/${id}`, { signal })));
    const waiting = requests.filter(({ status }) => status === "needs_clarification");
    return waiting.length === 0 ? [] : listOpen(waiting, await fetchConversations(signal));
  },
  staleTime: 10_000,
});

async function fetchConversations(signal: AbortSignal): Promise<Conversation[]> {
  const page = await api.get<ConversationPage>(`/conversations?limit=${conversations}`, { signal });
  return Promise.all(page.items.map(({ id }) => api.get<Conversation>(`/conversations/${id}`, { signal })));
}

export function listOpen(
  requests: readonly Request[],
  talks: readonly Pick<Conversation, "id" | "messages">[],
): OpenRequest[] {
  return requests.map(({ id, text, createdAt, questions }) => ({
    id,
    text,
    createdAt,
    open: questions.flatMap(({ answer, text: words }) => (answer === null ? [words] : [])),
    conversationId:
      talks.find(({ messages }) => messages.some(({ requestId }) => requestId === id))?.id ?? null,
  }));
}
