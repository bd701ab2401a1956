import type { ReactNode } from "react";
import { Icon, type IconName } from "../ui/icon.tsx";
import type { Phase } from "./phases.ts";

const looks: Readonly<
  Record<Phase["state"], { icon: IconName; words: string; look: string; turns?: boolean }>
> = {
  open: { icon: "dot", words: "not yet", look: "text-muted" },
  now: { icon: "spinner", words: "at work", look: "text-info", turns: true },
  done: { icon: "check", words: "done", look: "text-ok" },
  asks: { icon: "question", words: "asks you", look: "text-warn" },
  failed: { icon: "cross", words: "failed", look: "text-bad" },
};

/** How far Chiffon is with a request: understood, matched, planned. */
export function PhaseList({ phases }: { readonly phases: readonly Phase[] }): ReactNode {
  return (
    <ol aria-label="How far Chiffon is" aria-live="polite" className="flex flex-col gap-0.5 text-sm">
      {phases.map(({ name, state, detail }) => {
        const { icon, words, look, turns } = looks[state];
        return (
          <li key={name} className="flex items-start gap-2">
            <span className={look}>
              <Icon name={icon} label={words} className={turns === true ? "mt-1 animate-spin" : "mt-1"} />
            </span>
            <span className="min-w-0 wrap-anywhere">
              {name}
              {detail === undefined || state === "open" ? null : (
                <span className="text-muted">: {detail}</span>
              )}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
