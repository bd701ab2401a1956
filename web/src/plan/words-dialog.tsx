import { useState, type ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, TextArea } from "../ui/field.tsx";
import { RefusalNotice } from "./refusal-notice.tsx";

interface WordsDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly action: { readonly text: string; readonly variant: "primary" | "danger" };
  /** Resolves when it is done; what was written stays until then. */
  readonly onSubmit: (words: string) => Promise<void>;
}

/** A window that asks for some words and keeps them until what they are for has worked. */
export function WordsDialog({ open, onOpenChange, action, onSubmit, ...texts }: WordsDialogProps): ReactNode {
  const [words, setWords] = useState("");
  const [work, setWork] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const submit = async (): Promise<void> => {
    setWork({ busy: true, error: null });
    try {
      await onSubmit(words.trim());
      setWork({ busy: false, error: null });
      setWords("");
      onOpenChange(false);
    } catch (error) {
      setWork({ busy: false, error });
    }
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={texts.title} description={texts.description}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (words.trim() !== "" && !work.busy) void submit();
        }}
      >
        <Field label={texts.label}>
          {(ids) => (
            <TextArea
              {...ids}
              rows={3}
              value={words}
              maxLength={2_000}
              placeholder={texts.placeholder}
              onChange={(event) => setWords(event.target.value)}
            />
          )}
        </Field>
        <RefusalNotice error={work.error} />
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" variant={action.variant} busy={work.busy} disabled={words.trim() === ""}>
            {action.text}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
