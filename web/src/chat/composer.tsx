import { useRef, useState, type ReactNode } from "react";
import { describeFailure } from "../api/api-error.ts";
import { useConnection } from "../live/live.ts";
import { Button } from "../ui/button.tsx";
import { Field, TextArea } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { keepDraft, readDraft } from "./drafts.ts";

interface ComposerProps {
  /** Whose draft it is: a conversation's id, or that of the one to come. */
  readonly draftOf: string;
  /** Why the last message did not go; its words are in the box again. */
  readonly error: unknown;
  readonly sending: boolean;
  readonly placeholder: string;
  readonly onSend: (text: string) => Promise<void>;
}

const longest = 10_000;

/** The box to write in. It keeps what is written over reloads and failures. */
export function Composer({ draftOf, error, sending, placeholder, onSend }: ComposerProps): ReactNode {
  const [text, setText] = useState(() => readDraft(localStorage, draftOf));
  const box = useRef<HTMLTextAreaElement>(null);
  const offline = useConnection() === "offline";
  const [shownError, setShownError] = useState(error);
  // A message that did not go comes back as a draft, also when another page had sent it.
  if (shownError !== error) {
    setShownError(error);
    setText(readDraft(localStorage, draftOf));
  }
  const write = (next: string): void => {
    setText(next);
    keepDraft(localStorage, draftOf, next);
  };
  const send = async (): Promise<void> => {
    const message = text.trim();
    if (message === "" || sending || offline) return;
    write("");
    box.current?.focus();
    // Whoever sends keeps the words for the next try; where it did not come to that, they are kept here.
    await onSend(message).catch(() => write(readDraft(localStorage, draftOf) || message));
  };
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <SendFailure error={error} />
      <div className="flex items-end gap-2">
        <Field
          label="What should happen?"
          hideLabel
          className="min-w-0 flex-1"
          hint={
            offline
              ? "The server does not answer. What you write is kept; you can send it when the connection is back."
              : undefined
          }
        >
          {(ids) => (
            <TextArea
              {...ids}
              ref={box}
              rows={Math.min(8, Math.max(2, text.split("\n").length))}
              value={text}
              maxLength={longest}
              placeholder={placeholder}
              onChange={(event) => write(event.target.value)}
              onKeyDown={(event) => {
                // While an input method is at work, Enter chooses a character.
                if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
                event.preventDefault();
                void send();
              }}
            />
          )}
        </Field>
        <Button type="submit" variant="primary" busy={sending} disabled={offline || text.trim() === ""}>
          Send
        </Button>
      </div>
      <p className="hidden text-xs text-muted sm:block">Enter sends, Shift+Enter makes a new line.</p>
    </form>
  );
}

function SendFailure({ error }: { readonly error: unknown }): ReactNode {
  if (error === null || error === undefined) return null;
  const { message, hint, status } = describeFailure(error);
  return (
    <div role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm">
      <p className="flex items-center gap-2 font-medium text-bad">
        <Icon name="warning" />
        {status === 401 ? "Your session has ended: sign in, then send it again." : message}
      </p>
      <p>{status === 401 || hint === null ? "What you wrote is in the box again." : hint}</p>
    </div>
  );
}
