import { attemptsOf } from "./run-facts.ts";
import type { RunView } from "./run-view.ts";

/** One change, with all hosts on which it is the same. */
export interface DiffGroup {
  readonly id: string;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly text: string;
}

/** Changes in the order in which they happened, of the newest attempt of each step. */
export function groupDiffs(view: RunView): DiffGroup[] {
  const groups = new Map<string, { id: string; name: string; hosts: string[]; text: string }>();
  for (const task of view.run?.tasks ?? []) {
    const attempt = attemptsOf(view, task.id).at(-1);
    for (const { key, host, text } of attempt?.diffs ?? []) {
      const id = `${task.id} ${key} ${text}`;
      const group = groups.get(id);
      const name = attempt?.ansibleTasks.find((each) => each.key === key)?.name ?? "Ansible task";
      if (group === undefined) groups.set(id, { id, name, hosts: [host], text });
      else if (!group.hosts.includes(host)) group.hosts.push(host);
    }
  }
  return [...groups.values()];
}
