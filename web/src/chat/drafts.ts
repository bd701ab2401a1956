/** The part of `Storage` that drafts need. */
export interface DraftStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The draft of a conversation that does not exist yet. */
export const newConversation = "new";

const longest = 10_000;

function keyOf(conversationId: string): string {
  return `chiffon.draft.${conversationId}`;
}

/** What was being written when the page was left; empty when nothing was, or the browser keeps nothing. */
export function readDraft(store: DraftStore, conversationId: string): string {
  try {
    return (store.getItem(keyOf(conversationId)) ?? "").slice(0, longest);
  } catch {
    // A browser that forbids storage still lets people write.
    return "";
  }
}

/** Keeps what is being written; an empty text leaves nothing behind. */
export function keepDraft(store: DraftStore, conversationId: string, text: string): void {
  try {
    if (text === "") store.removeItem(keyOf(conversationId));
    else store.setItem(keyOf(conversationId), text.slice(0, longest));
  } catch {
    // Full or forbidden storage must not stop anybody from writing.
  }
}

/** A text that could not be sent, back in the box: before what has been written since. */
export function putBack(text: string, draft: string): string {
  return draft.trim() === "" || draft === text ? text : `${text}\n${draft}`;
}
