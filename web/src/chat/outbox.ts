import type { Outgoing } from "./timeline.ts";

/** The message that is on its way in a conversation, or could not be sent. */
export type Sending =
  | { readonly kind: "sending"; readonly message: Outgoing }
  | { readonly kind: "failed"; readonly error: unknown };

/** Messages on their way, by conversation; they outlive a change of pages. */
export interface Outbox {
  find(conversationId: string): Sending | undefined;
  set(conversationId: string, sending: Sending | undefined): void;
  subscribe(listener: () => void): () => void;
}

export function createOutbox(): Outbox {
  const entries = new Map<string, Sending>();
  const listeners = new Set<() => void>();
  return {
    find: (conversationId) => entries.get(conversationId),
    set: (conversationId, sending) => {
      if (sending === undefined) entries.delete(conversationId);
      else entries.set(conversationId, sending);
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const outbox = createOutbox();
