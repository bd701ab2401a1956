import { useNavigate } from "@tanstack/react-router";
import { keepDraft, newConversation, putBack, readDraft } from "../chat/drafts.ts";

/** Puts words into the box of a new conversation, for pages that belong to none; what is being written there stays. */
export function useSayElsewhere(): (text: string) => Promise<void> {
  const navigate = useNavigate();
  return async (text) => {
    keepDraft(localStorage, newConversation, putBack(text, readDraft(localStorage, newConversation)));
    await navigate({ to: "/" });
  };
}
