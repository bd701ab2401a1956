import { realpathSync } from "node:fs";
import { join, posix, sep } from "node:path";
import type { HiddenNote, SeenResult, SeenStatus, SeenTask } from "../../domain/preview/facts.ts";
import { unifiedDiff } from "../../domain/unified-diff.ts";
import type { AnsibleEvent } from "../process/events.ts";
import type { GuardNote } from "../process/guard.ts";

const longestDiff = 20_000;
const longestMessage = 500;
const mostDiffs = 5_000;
/** What modules and Ansible say of a task that only check mode skips. */
const becauseOfCheckMode =
  /would have run if not in check mode|not support(?:ed)? (?:in )?check[ _]mode|check[ _]mode is not supported|in check[ _]mode/i;

/** Where things lie, to say again where they come from. */
export interface CollectPlace {
  /** Real path of the snapshot's tree. */
  readonly treeDir: string;
  /** The project inside it, `.` for all. */
  readonly project: string;
}

/**
 * Puts the events of a run in check mode together by task, with what only the guard's notes tell. `redact` cleans every text, before
 * texts are compared.
 */
export function collectTasks(
  { events, notes }: { events: readonly AnsibleEvent[]; notes: readonly GuardNote[] },
  place: CollectPlace,
  redact: (text: string) => string,
): SeenTask[] {
  const shown = createShown(place);
  const unseen = new Set(
    notes.flatMap(({ kind, task, host }) =>
      kind === "uncheckable" && task !== null ? [`${host} ${shown(task)}`] : [],
    ),
  );
  const open = new Map<string, Building>();
  const all: Building[] = [];
  let diffs = 0;
  let play = 0;
  for (const event of events) {
    if (event.ev === "play_start") play += 1;
    else if (event.ev === "task_start") {
      const task = { ...begin(event, shown, redact), play };
      open.set(event.task_id, task);
      all.push(task);
    } else if (event.ev === "item_skipped") {
      if (isUncheckable(event.res)) open.get(event.task_id)?.items.add(event.host);
    } else if (isResult(event)) {
      const task = open.get(event.task_id);
      if (task === undefined) continue;
      if (unseen.has(`${event.host} ${task.source}`)) task.items.add(event.host);
      task.results.push(resultOf(event, task.items, redact));
    } else if (event.ev === "diff") {
      const texts = (event.diffs ?? []).map((diff) => textOf(diff, shown, redact));
      const text = texts.filter((each) => each !== "").join("\n");
      if (text === "" || diffs >= mostDiffs) continue;
      open.get(event.task_id)?.diffs.push({ host: event.host, text: cut(text) });
      diffs += 1;
    }
  }
  return all.map(({ items: _items, ...task }) => task);
}

function begin(
  event: Extract<AnsibleEvent, { ev: "task_start" }>,
  shown: (path: string) => string,
  redact: (text: string) => string,
): Omit<Building, "play"> {
  return {
    name: redact(event.task),
    module: event.action,
    source: shown(event.path ?? ""),
    handler: event.handler,
    results: [],
    diffs: [],
    items: new Set(),
  };
}

function isResult(event: AnsibleEvent): event is ResultEvent {
  return event.ev === "ok" || event.ev === "failed" || event.ev === "skipped" || event.ev === "unreachable";
}

interface Building {
  readonly name: string;
  readonly module: string;
  readonly source: string;
  readonly handler: boolean;
  readonly play: number;
  readonly results: SeenResult[];
  readonly diffs: { host: string; text: string }[];
  /** Hosts of which it, or an item of its loop, was skipped only because of check mode. */
  readonly items: Set<string>;
}

type ResultEvent = Extract<AnsibleEvent, { ev: "ok" | "failed" | "skipped" | "unreachable" }>;

function resultOf(
  event: ResultEvent,
  items: ReadonlySet<string>,
  redact: (text: string) => string,
): SeenResult {
  return {
    host: event.host,
    status: statusOf(event),
    message: messageOf(event, redact),
    uncheckable: items.has(event.host) || (event.ev === "skipped" && isUncheckable(event.res)),
  };
}

function statusOf(event: ResultEvent): SeenStatus {
  if (event.ev === "ok") return event.changed ? "changed" : "ok";
  return event.ev === "failed" && event.ignored ? "ignored" : event.ev;
}

function isUncheckable(details: ResultEvent["res"]): boolean {
  const message = details?.["msg"];
  return typeof message === "string" && becauseOfCheckMode.test(message);
}

function messageOf(event: ResultEvent, redact: (text: string) => string): string | null {
  for (const key of ["msg", "stderr", "reason", "censored"]) {
    const value = event.res?.[key];
    if (value === undefined || value === null || value === "") continue;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return redact(text).replaceAll(/\s+/g, " ").trim().slice(0, longestMessage);
  }
  return null;
}

type Diff = NonNullable<Extract<AnsibleEvent, { ev: "diff" }>["diffs"]>[number];

function textOf(diff: Diff, shown: (path: string) => string, redact: (text: string) => string): string {
  if (diff.prepared !== undefined) return redact(diff.prepared).replace(/\n+$/, "");
  // Redacted before they are compared: the signs before each line would hide a secret of several lines.
  return unifiedDiff(redact(diff.before ?? ""), redact(diff.after ?? ""), namesOf(diff, shown, redact));
}

/** Where Ansible keeps a text that it has made: another place on each host and in each run. */
const passing = /(?:^|\/)ansible-local-[^/]+\/[^/]+$/;

/** Of a file that is not there yet Ansible names only where the new text comes from. */
function namesOf(
  { before_header: before, after_header: after }: Diff,
  shown: (path: string) => string,
  redact: (text: string) => string,
): { before: string; after: string } {
  if (before !== undefined) return { before: redact(before), after: `${redact(before)} (new)` };
  const isMade = after === undefined || passing.test(after);
  return { before: "nothing", after: isMade ? "a new file" : redact(shown(after)) };
}

function cut(text: string): string {
  if (text.length <= longestDiff) return text;
  return `${text.slice(0, longestDiff)}\n… ${text.length - longestDiff} more characters`;
}

/** The guard's notes about what the sandbox hides. */
export function collectHidden(notes: readonly GuardNote[], place: CollectPlace): HiddenNote[] {
  const shown = createShown(place);
  return notes.flatMap((note) =>
    note.kind === "hidden" && note.task !== null && note.host !== null
      ? [{ source: shown(note.task), host: note.host, what: note.what }]
      : [],
  );
}

/** Ansible names files by their real path, or relative to the project; the plan lists them relative to the project. */
export function createShown({ treeDir, project }: CollectPlace): (path: string) => string {
  const root = realpathSync.native(treeDir);
  const folder = join(root, project);
  return (path) => {
    if (!path.startsWith(root + sep)) return path;
    return posix.relative(folder, path);
  };
}
