import { useState, type ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { DiffText } from "../ui/diff-text.tsx";
import { groupDiffs, type DiffGroup } from "./diffs.ts";
import type { RunView } from "./run-view.ts";

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
  return (
    <details open={group.text.split("\n").length <= 30} className="rounded-md border border-line">
      <summary className="cursor-pointer px-2 py-1 wrap-anywhere">
        <span className="font-medium">{group.name}</span>{" "}
        <span className="text-sm text-muted">{wordsOf(group.hosts)}</span>
      </summary>
      <DiffText text={group.text} label={`Change ${number}: ${group.name}`} />
    </details>
  );
}

function wordsOf(hosts: readonly string[]): string {
  const [first = ""] = hosts;
  if (hosts.length === 1) return `on ${first}`;
  return `the same on ${hosts.length} hosts: ${hosts.slice(0, 6).join(", ")}${hosts.length > 6 ? " and more" : ""}`;
}
