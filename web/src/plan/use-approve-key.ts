import { useEffect } from "react";
import { prefixTime, readKeyPress } from "../frame/keys.ts";

/** Marks the button that opens the approval dialog of a waiting plan: `<Button {...approveMark}>`. */
export const approveMark = { "data-opens-approval": "" };

/** `a` opens the approval of the newest waiting plan on the page. It never approves: that takes the dialog. */
export function useApproveKey(): void {
  useEffect(() => {
    let prefixAt = -Infinity;
    const onKey = (event: KeyboardEvent): void => {
      const press = readKeyPress(event);
      if (press.typing || press.dialog || press.ctrl || press.meta || press.alt || event.repeat) return;
      // `g a` goes to the agents.
      const afterPrefix = event.timeStamp - prefixAt < prefixTime;
      prefixAt = press.key === "g" ? event.timeStamp : -Infinity;
      if (press.key !== "a" || afterPrefix) return;
      const button = [...document.querySelectorAll<HTMLButtonElement>("button[data-opens-approval]")].at(-1);
      if (button === undefined) return;
      event.preventDefault();
      // The dialog gives the focus back to where it was: to the button that it belongs to.
      button.focus();
      button.click();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
