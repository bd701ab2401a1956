import type { HandlerFacts, SeenTask, StepChecks } from "./facts.ts";

/** A task of the plan's list. */
export interface Listed {
  readonly name: string;
  readonly module: string;
  readonly source: string;
  readonly dynamic: boolean;
}

/** A line of the preview. */
export interface Row {
  readonly listed: Listed | undefined;
  readonly seen: SeenTask[];
  /** Given for a handler that reading has found, and that a line of the preview may notify. */
  readonly handler: HandlerFacts | undefined;
}

/**
 * The plan's list in its order, what was seen joined by `file:line`; what only the run shows stands where it was seen. A task that is
 * listed n times at one place (a role used twice) takes its appearances in turn.
 */
export function orderRows(
  listed: readonly Listed[],
  seen: readonly SeenTask[],
  checks: Pick<StepChecks, "tasks" | "handlers">,
): Row[] {
  const places = new Map<string, Row[]>();
  const rows: Row[] = listed.map((each) => {
    const row: Row = { listed: each, seen: [], handler: undefined };
    const place = placeOf(each);
    places.set(place, [...(places.get(place) ?? []), row]);
    return row;
  });
  const handlers = new Map(checks.handlers.map((each) => [each.source, each]));
  const turns = new Map<string, number>();
  let before: Row | undefined;
  for (const task of seen) {
    const place = placeOf(task);
    const here = places.get(place);
    if (here === undefined || task.handler) {
      const known = rows.find((row) => row.listed === undefined && row.seen[0]?.source === task.source);
      if (known !== undefined) known.seen.push(task);
      else {
        const row: Row = { listed: undefined, seen: [task], handler: handlers.get(task.source) };
        rows.splice(before === undefined ? 0 : rows.indexOf(before) + 1, 0, row);
        before = row;
      }
      continue;
    }
    const turn = turns.get(place) ?? 0;
    turns.set(place, turn + 1);
    const row = here[turn % here.length];
    row?.seen.push(task);
    before = row;
  }
  // Facts that Ansible gathers by itself change nothing; only where that failed is it worth a line.
  const shown = rows.filter((row) => row.listed !== undefined || !isGathering(row.seen));
  return [...shown, ...notifiedRows(shown, checks)];
}

/* Handlers that these lines may notify and that no run has shown, in the order in which they are written. */
function notifiedRows(rows: readonly Row[], checks: Pick<StepChecks, "tasks" | "handlers">): Row[] {
  const shown = new Set(rows.map(sourceOf));
  const notified = new Set<string>();
  const follow = (source: string): void => {
    for (const handler of checks.tasks.get(source)?.notifies ?? []) {
      if (notified.has(handler)) continue;
      notified.add(handler);
      follow(handler);
    }
  };
  for (const source of shown) follow(source);
  return checks.handlers
    .filter(({ source }) => notified.has(source) && !shown.has(source))
    .map((handler) => ({ listed: undefined, seen: [], handler }));
}

export function sourceOf({ listed, seen, handler }: Row): string {
  return listed?.source ?? seen[0]?.source ?? handler?.source ?? "";
}

/** Its name, its module, and whether it is a handler. */
export function describeRow({ listed, seen, handler }: Row): {
  name: string;
  module: string;
  handler: boolean;
} {
  const [first] = seen;
  const known = listed ?? handler;
  return {
    name: known?.name ?? first?.name ?? "",
    module: known?.module ?? first?.module ?? "",
    handler: handler !== undefined || (listed === undefined && first?.handler === true),
  };
}

/* The check of a role's arguments, which Ansible adds, has no line of its own there. */
function placeOf({ module, name, source }: { module: string; name: string; source: string }): string {
  return module.endsWith("validate_argument_spec") ? name : source;
}

function isGathering(seen: readonly SeenTask[]): boolean {
  return seen.every(
    (task) =>
      /(?:^|\.)(?:gather_facts|setup)$/.test(task.module) &&
      task.results.every((result) => result.status === "ok" || result.status === "skipped"),
  );
}
