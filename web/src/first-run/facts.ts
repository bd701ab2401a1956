/** The harmless request of the first run, so that a reload comes back to it. */
export interface FactsRequest {
  readonly requestId: string;
  /** Where it was said; null when it was asked for without words. */
  readonly conversationId: string | null;
}

const key = "chiffon.first-run";
const id = /^[0-9a-f-]{36}$/;

/** What was asked for in this tab; undefined when nothing was, or what is stored is no such thing. */
export function findFacts(store: Pick<Storage, "getItem">): FactsRequest | undefined {
  try {
    const [requestId = "", conversationId = ""] = (store.getItem(key) ?? "").split(" ");
    if (!id.test(requestId)) return undefined;
    return { requestId, conversationId: id.test(conversationId) ? conversationId : null };
  } catch {
    // A browser that forbids storage asks anew after a reload.
    return undefined;
  }
}

export function keepFacts(
  store: Pick<Storage, "setItem" | "removeItem">,
  facts: FactsRequest | undefined,
): void {
  try {
    if (facts === undefined) store.removeItem(key);
    else store.setItem(key, `${facts.requestId} ${facts.conversationId ?? ""}`);
  } catch {
    // See findFacts.
  }
}
