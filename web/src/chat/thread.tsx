import { useEffect, useRef, type ReactNode } from "react";
import type { Conversation, Message } from "../../../src/contracts/conversation.ts";
import { Time } from "../ui/time.tsx";
import type { Sending } from "./outbox.ts";
import { PhaseList } from "./phase-list.tsx";
import { phasesOf, type LivePhase } from "./phases.ts";
import { RequestView } from "./request-view.tsx";
import { entriesOf, hasArrived } from "./timeline.ts";

interface ThreadProps {
  readonly conversation: Conversation;
  readonly phases: ReadonlyMap<string, LivePhase>;
  readonly sending: Sending | undefined;
  readonly onSay: (text: string) => Promise<void>;
}

/** The messages of a conversation with what became of each. */
export function Thread({ conversation, phases, sending, onSay }: ThreadProps): ReactNode {
  const end = useRef<HTMLDivElement>(null);
  const { messages } = conversation;
  const waiting =
    sending?.kind === "sending" && !hasArrived(sending.message, messages) ? sending.message.text : undefined;
  const entries = entriesOf(messages);
  const newest = messages.at(-1)?.id;
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [newest, waiting]);
  return (
    <div className="flex flex-col gap-4">
      {/* A log is read out as it grows, politely. */}
      <div role="log" aria-label="Messages" className="flex flex-col gap-4">
        {entries.map((entry) =>
          entry.kind === "message" ? (
            <MessageView key={entry.message.id} message={entry.message} />
          ) : (
            <RequestView
              key={entry.requestId}
              requestId={entry.requestId}
              phase={phases.get(entry.requestId)}
              onSay={onSay}
            />
          ),
        )}
      </div>
      {waiting === undefined ? null : (
        <>
          <Bubble from="person">{waiting}</Bubble>
          <PhaseList phases={phasesOf(undefined, undefined)} />
        </>
      )}
      <div ref={end} className="scroll-mb-40" />
    </div>
  );
}

function MessageView({ message }: { readonly message: Message }): ReactNode {
  return (
    <article>
      <p className={`mb-0.5 text-xs text-muted ${message.from === "person" ? "text-right" : ""}`}>
        {message.by} · <Time at={message.at} />
      </p>
      <Bubble from={message.from}>{message.text}</Bubble>
    </article>
  );
}

function Bubble({
  from,
  children,
}: {
  readonly from: Message["from"];
  readonly children: string;
}): ReactNode {
  const look = from === "person" ? "ml-auto bg-accent-soft" : "mr-auto bg-surface border border-line";
  return (
    <p
      className={`w-fit max-w-[min(100%,42rem)] rounded-lg px-3 py-2 whitespace-pre-wrap wrap-anywhere ${look}`}
    >
      {children}
    </p>
  );
}
