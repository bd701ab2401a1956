import type { Message } from "../../../src/contracts/conversation.ts";
import type { LiveEvent } from "../../../src/contracts/live.ts";
import type { LivePhase } from "./phases.ts";

/** What the thread shows, in order. */
export type Entry =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "request"; readonly requestId: string };

/**
 * Each request is shown once, below the newest message that speaks of it: words that change a plan ("use port 3002") are
 * followed by what came of them.
 */
export function entriesOf(messages: readonly Message[]): readonly Entry[] {
  const newest = new Map(
    messages.flatMap(({ requestId }, index) => (requestId === null ? [] : [[requestId, index] as const])),
  );
  return messages.flatMap((message, index): Entry[] => {
    const entry: Entry = { kind: "message", message };
    const { requestId } = message;
    return requestId === null || newest.get(requestId) !== index
      ? [entry]
      : [entry, { kind: "request", requestId }];
  });
}

/** A message that is on its way. */
export interface Outgoing {
  readonly text: string;
  /** How many messages the conversation had when it was sent. */
  readonly after: number;
}

/** Whether the message has arrived: then its own row stands for it. */
export function hasArrived(outgoing: Outgoing, messages: readonly Message[]): boolean {
  return messages
    .slice(outgoing.after)
    .some((message) => message.from === "person" && message.text.trim() === outgoing.text.trim());
}

/** The newest phase of each request that the stream told of. */
export function keepPhase(
  phases: ReadonlyMap<string, LivePhase>,
  event: LiveEvent,
): ReadonlyMap<string, LivePhase> {
  if (event.type !== "request.phase") return phases;
  const { requestId, phase } = event.data;
  return phases.get(requestId) === phase ? phases : new Map(phases).set(requestId, phase);
}
