import { useState, type ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { groupDiffs, type DiffGroup } from "./diffs.ts";
import type { RunView } from "./run-view.ts";

const firstLines = 200;
const firstGroups = 50;

/** What changed in files, hosts with the same change together. */
export function RunDiffs({
  view,
  title = "Changes",
}: {
  readonly view: RunView;
  readonly title?: string;
}): ReactNode {
  const [all, setAll] = useState(false);
  const groups = groupDiffs(view);
  if (groups.length === 0) return null;
  const shown = all ? groups : groups.slice(0, firstGroups);
  return (
    <Card title={title}>
      <div className="flex flex-col gap-2">
        {shown.map((group, index) => (
          <DiffPart key={group.id} group={group} number={index + 1} />
        ))}
      </div>
      {shown.length === groups.length ? null : (
        <Button size="small" className="mt-2" onClick={() => setAll(true)}>
          Show all {groups.length} changes
        </Button>
      )}
    </Card>
  );
}

function DiffPart({ group, number }: { readonly group: DiffGroup; readonly number: number }): ReactNode {
  const [all, setAll] = useState(false);
  const lines = group.text.split("\n");
  const shown = all ? lines : lines.slice(0, firstLines);
  return (
    <details open={lines.length <= 30} className="rounded-md border border-line">
      <summary className="cursor-pointer px-2 py-1 wrap-anywhere">
        <span className="font-medium">{group.name}</span>{" "}
        <span className="text-sm text-muted">{wordsOf(group.hosts)}</span>
      </summary>
      <section
        tabIndex={0}
        aria-label={`Change ${number}: ${group.name}`}
        className="max-h-96 overflow-auto border-t border-line p-2 font-mono text-[0.8rem]/5 whitespace-pre-wrap wrap-anywhere"
      >
        {shown.map((line, index) => (
          // Keys by place: a difference never changes
          <span key={index} dir="ltr" className={`block min-h-5 [unicode-bidi:isolate] ${shadeOf(line)}`}>
            {line.slice(0, 2_000)}
            {line.length > 2_000 ? ` … ${line.length - 2_000} more characters` : ""}
          </span>
        ))}
      </section>
      {shown.length === lines.length ? null : (
        <Button size="small" className="m-2" onClick={() => setAll(true)}>
          Show all {lines.length} lines
        </Button>
      )}
    </details>
  );
}

function wordsOf(hosts: readonly string[]): string {
  const [first = ""] = hosts;
  if (hosts.length === 1) return `on ${first}`;
  return `the same on ${hosts.length} hosts: ${hosts.slice(0, 6).join(", ")}${hosts.length > 6 ? " and more" : ""}`;
}

function shadeOf(line: string): string {
  if (line.startsWith("+")) return "text-ok";
  return line.startsWith("-") ? "text-bad" : "";
}
