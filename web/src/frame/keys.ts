/** What a key press means to the frame and to lists; pages may listen to more keys of their own. */
export type KeyMeaning =
  | { readonly kind: "palette" }
  | { readonly kind: "help" }
  | { readonly kind: "search" }
  | { readonly kind: "go"; readonly key: string }
  | { readonly kind: "prefix" }
  | { readonly kind: "none" };

export interface KeyPress {
  readonly key: string;
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly alt: boolean;
  /** The focus is where letters are typed. */
  readonly typing: boolean;
  /** A dialog is open. */
  readonly dialog: boolean;
}

/** Milliseconds within which the second key of `g r` has to come. */
export const prefixTime = 1_500;

const none = { kind: "none" } as const;

/** `afterPrefix`: the key before it was `g`, not long ago. */
export function decideKey(press: KeyPress, afterPrefix: boolean): KeyMeaning {
  if ((press.ctrl || press.meta) && !press.alt && press.key.toLowerCase() === "k") return { kind: "palette" };
  if (press.typing || press.dialog || press.ctrl || press.meta || press.alt) return none;
  if (afterPrefix) return /^[a-z]$/.test(press.key) ? { kind: "go", key: press.key } : none;
  switch (press.key) {
    case "g":
      return { kind: "prefix" };
    case "?":
      return { kind: "help" };
    case "/":
      return { kind: "search" };
    default:
      return none;
  }
}

/** A key event of the browser in the words of `decideKey`. */
export function readKeyPress(event: KeyboardEvent): KeyPress {
  const { target } = event;
  const typing =
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select, [role=textbox]"));
  const dialog = document.querySelector("[role=dialog], [role=alertdialog]") !== null;
  return { key: event.key, ctrl: event.ctrlKey, meta: event.metaKey, alt: event.altKey, typing, dialog };
}
