import type { PreviewProgress } from "../../contracts/preview.ts";
import type { AnsibleEvent } from "../process/events.ts";

const longestName = 300;

/**
 * Follows the events of a run in check mode; each call tells where it is after that event, undefined before the first task.
 * `shown` makes a path of Ansible one of the plan's list.
 */
export function createProgress(
  listed: readonly { readonly source: string; readonly dynamic: boolean }[],
  how: { shown: (path: string) => string; redact: (text: string) => string },
): (event: AnsibleEvent) => PreviewProgress | undefined {
  const isWhole = listed.every((task) => !task.dynamic);
  const places = Map.groupBy(
    listed.map(({ source }, index) => ({ source, number: index + 1 })),
    (task) => task.source,
  );
  const turns = new Map<string, number>();
  let now: PreviewProgress | undefined;
  let begun = 0;
  const numberOf = (source: string): number | undefined => {
    if (!isWhole) return begun;
    const here = places.get(source) ?? [];
    const turn = turns.get(source) ?? 0;
    turns.set(source, turn + 1);
    return here[turn % here.length]?.number;
  };
  return (event) => {
    if (event.ev === "task_start") {
      begun += 1;
      now = {
        task: numberOf(how.shown(event.path ?? "")) ?? now?.task ?? null,
        of: isWhole ? listed.length : null,
        name: how.redact(event.task).slice(0, longestName),
        host: null,
      };
    } else if (event.ev === "host_start" && now !== undefined) now = { ...now, host: event.host };
    return now;
  };
}
