import type { ReactNode } from "react";
import { Dialog } from "../ui/dialog.tsx";
import { places } from "./places.ts";

interface KeysHelpProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

const everywhere: readonly (readonly [keys: string, does: string])[] = [
  ["Ctrl K", "Find a page or an action (⌘ K on a Mac)"],
  ["/", "Search on this page"],
  ["j  k", "Next and previous row of a list"],
  ["Enter", "Open the row"],
  ["a", "On a plan: open its approval. No key approves by itself."],
  ["Esc", "Close what is open"],
  ["?", "These keys"],
];

/** All keys; works without a mouse itself. */
export function KeysHelp(props: KeysHelpProps): ReactNode {
  return (
    <Dialog {...props} title="Keys">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
        {everywhere.map(([keys, does]) => (
          <Row key={keys} keys={keys} does={does} />
        ))}
        {places.map(({ key, name }) => (
          <Row key={key} keys={`g ${key}`} does={`Go to ${name}`} />
        ))}
      </dl>
    </Dialog>
  );
}

function Row({ keys, does }: { readonly keys: string; readonly does: string }): ReactNode {
  return (
    <div className="contents">
      <dt>
        <kbd className="rounded border border-control bg-raised px-1.5 py-0.5 font-mono text-sm whitespace-pre">
          {keys}
        </kbd>
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
