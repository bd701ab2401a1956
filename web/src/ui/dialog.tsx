import { Dialog as Parts } from "radix-ui";
import { useInsertionEffect, useRef, type ReactNode } from "react";
import { Icon } from "./icon.tsx";

interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  readonly wide?: boolean;
  /** False for what has to be answered: no cross, no escape, no press beside it. */
  readonly closable?: boolean;
}

/** A window over the page; keeps the focus inside and gives it back to where it was. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  ...looks
}: DialogProps): ReactNode {
  const { wide = false, closable = true } = looks;
  const keep = (event: Event): void => {
    if (!closable) event.preventDefault();
  };
  const giveBack = useFocusBefore(open);
  const described = description === undefined ? { "aria-describedby": undefined } : {};
  return (
    <Parts.Root open={open} onOpenChange={onOpenChange}>
      <Parts.Portal>
        <Parts.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Parts.Content
          {...described}
          onCloseAutoFocus={giveBack}
          onEscapeKeyDown={keep}
          onInteractOutside={keep}
          className={`fixed inset-x-3 bottom-3 z-50 mx-auto max-h-[92dvh] overflow-y-auto rounded-lg border border-line
            bg-surface p-5 shadow-xl sm:top-[12vh] sm:bottom-auto sm:max-h-[80dvh]
            ${wide ? "max-w-3xl" : "max-w-lg"}`}
        >
          <div className="mb-3 flex items-start justify-between gap-3">
            <Parts.Title className="text-lg font-semibold">{title}</Parts.Title>
            {closable ? (
              <Parts.Close
                aria-label="Close"
                className="-m-1 inline-flex size-8 items-center justify-center rounded-md text-muted hover:bg-raised"
              >
                <Icon name="cross" />
              </Parts.Close>
            ) : null}
          </div>
          {description === undefined ? null : (
            <Parts.Description asChild>
              <div className="mb-4 text-muted">{description}</div>
            </Parts.Description>
          )}
          {children}
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  );
}

/** Returns what gives the focus back to where it was when the dialog opened, or to the page where that is gone. */
function useFocusBefore(open: boolean): (event: Event) => void {
  const before = useRef<Element | null>(null);
  // Earlier than any field in the dialog can take the focus.
  useInsertionEffect(() => {
    if (open) before.current = document.activeElement;
  }, [open]);
  return (event) => {
    event.preventDefault();
    const target = before.current?.isConnected === true ? before.current : document.querySelector("#main");
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
  };
}
