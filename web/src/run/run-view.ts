import type { LiveEvent } from "../../../src/contracts/live.ts";
import type { HostResult, Run, RunState, Task } from "../../../src/contracts/run.ts";
import type { Outcome } from "../../../src/contracts/vocabulary.ts";
import { addLines, emptyLog, type LogLine, type LogLines } from "./log-lines.ts";
import { beginOutput, endOutput, takeOutput, type OutputState } from "./log-output.ts";
import { plainText } from "./log-text.ts";

/** An ansibleTask of an attempt, in the order in which Ansible comes to them. */
export interface AnsibleTaskView {
  readonly key: string;
  readonly name: string;
  readonly module: string;
  readonly source: string;
  /** False while it is known from the table only: events put it into its place. */
  readonly placed: boolean;
}

/** What happened on one host in one ansibleTask. */
export type Cell = Pick<HostResult, "key" | "host" | "status" | "startedAt" | "endedAt" | "message"> & {
  /** Results of a loop that have come so far. */
  readonly items: number;
};

export interface DiffView {
  readonly key: string;
  readonly host: string;
  readonly text: string;
}

export interface AttemptView {
  readonly taskId: string;
  readonly number: number;
  readonly agentId: string | null;
  readonly ended: boolean;
  readonly outcome: Outcome | null;
  readonly exitCode: number | null;
  readonly reason: string | null;
  readonly ansibleTasks: readonly AnsibleTaskView[];
  /** By `cellId`. */
  readonly cells: ReadonlyMap<string, Cell>;
  readonly diffs: readonly DiffView[];
  readonly output: OutputState;
}

/** Everything that the page shows of a run; made of its events and of what was fetched at the start, by `reduceRunView` only. */
export interface RunView {
  /** Number of the newest event that is in it. */
  readonly lastSeq: number;
  /** As fetched last, with state and reason of later events. */
  readonly run: Run | null;
  /** By `attemptId`. */
  readonly attempts: ReadonlyMap<string, AttemptView>;
  readonly log: LogLines;
}

export const emptyRunView: RunView = { lastSeq: 0, run: null, attempts: new Map(), log: emptyLog };

export type RunViewChange =
  /** The run as the server has it. */
  | { readonly type: "fetched"; readonly run: Run }
  /** The table as the server has it, so that it stands before all events have come. */
  | { readonly type: "table"; readonly cells: readonly HostResult[] }
  | { readonly type: "events"; readonly events: readonly LiveEvent[] };

export function attemptId(taskId: string, number: number): string {
  return `${taskId} ${number}`;
}

export function cellId(key: string, host: string): string {
  return `${key} ${host}`;
}

export function reduceRunView(view: RunView, change: RunViewChange): RunView {
  switch (change.type) {
    case "fetched":
      return takeRun(view, change.run);
    case "table":
      return takeTable(view, change.cells);
    case "events":
      return takeEvents(view, change.events);
    default:
      return change satisfies never;
  }
}

/** A copy that one change may write to; what it does not touch stays shared with the view before. */
class Draft {
  lastSeq: number;
  run: Run | null;
  readonly attempts: Map<string, AttemptView>;
  readonly lines: Omit<LogLine, "number">[] = [];
  private readonly log: LogLines;
  private readonly ownCells = new Set<string>();

  constructor(view: RunView) {
    this.lastSeq = view.lastSeq;
    this.run = view.run;
    this.attempts = new Map(view.attempts);
    this.log = view.log;
  }

  attempt(taskId: string, number: number): AttemptView {
    return this.attempts.get(attemptId(taskId, number)) ?? beginAttempt(taskId, number);
  }

  change(attempt: AttemptView, change: Partial<AttemptView>): void {
    this.attempts.set(attemptId(attempt.taskId, attempt.number), { ...attempt, ...change });
  }

  cell(taskId: string, number: number, cell: Cell): void {
    const attempt = this.attempt(taskId, number);
    const id = attemptId(taskId, number);
    // The map is copied once per change, not once per cell.
    const cells = this.ownCells.has(id) ? (attempt.cells as Map<string, Cell>) : new Map(attempt.cells);
    this.ownCells.add(id);
    cells.set(cellId(cell.key, cell.host), cell);
    this.change(attempt, { cells });
  }

  done(): RunView {
    const { lastSeq, run, attempts } = this;
    return { lastSeq, run, attempts, log: addLines(this.log, this.lines) };
  }
}

function beginAttempt(taskId: string, number: number): AttemptView {
  return {
    taskId,
    number,
    agentId: null,
    ended: false,
    outcome: null,
    exitCode: null,
    reason: null,
    ansibleTasks: [],
    cells: new Map(),
    diffs: [],
    output: beginOutput,
  };
}

function takeRun(view: RunView, fetched: Run): RunView {
  // An answer that was overtaken by events must not take the page back.
  const old = view.run;
  if (old !== null && old.id === fetched.id && fetched.lastSeq < old.lastSeq) return view;
  const draft = new Draft(view);
  draft.run = fetched;
  for (const task of fetched.tasks)
    for (const each of task.attempts) {
      const attempt = draft.attempt(task.id, each.number);
      const ended = attempt.ended || each.state === "ended";
      draft.change(attempt, {
        agentId: each.agentId,
        ended,
        outcome: each.outcome ?? attempt.outcome,
        exitCode: each.exitCode ?? attempt.exitCode,
        reason: each.error === null ? attempt.reason : plainText(each.error.message),
      });
    }
  return draft.done();
}

function takeTable(view: RunView, results: readonly HostResult[]): RunView {
  const draft = new Draft(view);
  for (const { taskId, attempt: number, name, module, source, ...rest } of results) {
    const attempt = draft.attempt(taskId, number);
    if (!attempt.ansibleTasks.some((each) => each.key === rest.key)) {
      const told = { key: rest.key, name: plainText(name), module, source: plainText(source), placed: false };
      draft.change(attempt, { ansibleTasks: [...attempt.ansibleTasks, told] });
    }
    const host = plainText(rest.host);
    const known = attempt.cells.get(cellId(rest.key, host));
    if (known?.endedAt != null) continue;
    const message = rest.message === null ? null : plainText(rest.message);
    draft.cell(taskId, number, { ...rest, host, message, items: known?.items ?? 0 });
  }
  return draft.done();
}

function takeEvents(view: RunView, events: readonly LiveEvent[]): RunView {
  const draft = new Draft(view);
  for (const event of events) {
    // A repeat is dropped. A gap ends the batch: the stream sends what is missing, and what follows, again. What was removed
    // after its time is missing for good.
    if (event.seq <= draft.lastSeq) continue;
    if (event.seq > draft.lastSeq + 1 && event.type !== "events.removed") break;
    draft.lastSeq = event.seq;
    takeEvent(draft, event);
  }
  return draft.lastSeq === view.lastSeq ? view : draft.done();
}

function takeEvent(draft: Draft, event: LiveEvent): void {
  switch (event.type) {
    case "run.state":
      changeRun(draft, event.seq, (run) => ({ ...run, ...event.data, ...timesOf(run, event) }));
      return;
    case "task.state":
      changeRun(draft, event.seq, (run) => ({
        ...run,
        tasks: run.tasks.map((task) => toldTask(task, event)),
      }));
      return;
    case "attempt.started":
    case "attempt.ended":
    case "ansible.task":
    case "host.started":
    case "host.result":
    case "host.diff":
    case "output":
      takeOfAttempt(draft, event);
      return;
    default:
      // Plays are in the output; a newer server may tell more than this page knows.
      return;
  }
}

/** The state that was fetched already has every event up to its own number in it. */
function changeRun(draft: Draft, seq: number, change: (run: Run) => Run): void {
  if (draft.run === null || seq <= draft.run.lastSeq) return;
  draft.run = { ...change(draft.run), lastSeq: seq };
}

const over: readonly RunState[] = ["succeeded", "failed", "cancelled"];

function timesOf(
  run: Run,
  event: Extract<LiveEvent, { type: "run.state" }>,
): Pick<Run, "startedAt" | "endedAt"> {
  const started = run.startedAt ?? (event.data.state === "running" ? event.at : null);
  return { startedAt: started, endedAt: over.includes(event.data.state) ? event.at : null };
}

function toldTask(task: Task, { data, at }: Extract<LiveEvent, { type: "task.state" }>): Task {
  if (task.id !== data.taskId) return task;
  const { state, reason } = data;
  return { ...task, state, reason, startedAt: task.startedAt ?? (state === "running" ? at : null) };
}

type OfAttempt = Extract<LiveEvent, { data: { attempt: number } }>;

function takeOfAttempt(draft: Draft, event: OfAttempt): void {
  const { taskId, attempt: number } = event.data;
  const attempt = draft.attempt(taskId, number);
  switch (event.type) {
    case "attempt.started":
      draft.change(attempt, { agentId: event.data.agentId });
      return;
    case "attempt.ended": {
      const { outcome, exitCode, reason } = event.data;
      const { state: output, lines } = endOutput(attempt.output);
      draft.lines.push(...lines.map((line) => ({ ...line, taskId, attempt: number })));
      draft.change(attempt, {
        ended: outcome !== "unknown",
        outcome,
        exitCode,
        reason: cleaned(reason),
        output,
      });
      return;
    }
    case "ansible.task":
      draft.change(attempt, { ansibleTasks: announce(attempt.ansibleTasks, event.data) });
      return;
    case "host.started":
    case "host.result":
      takeHost(draft, attempt, event);
      return;
    case "host.diff": {
      const { key, host, text } = event.data;
      draft.change(attempt, {
        diffs: [...attempt.diffs, { key, host: plainText(host), text: plainText(text) }],
      });
      return;
    }
    case "output": {
      const { state: output, lines } = takeOutput(attempt.output, event.data);
      for (const line of lines) draft.lines.push({ ...line, taskId, attempt: number });
      draft.change(attempt, { output });
      return;
    }
    case "ansible.play":
      return;
    default:
      event satisfies never;
  }
}

function cleaned(text: string | null): string | null {
  return text === null ? null : plainText(text);
}

function announce(
  known: readonly AnsibleTaskView[],
  { key, name, module, source }: Extract<LiveEvent, { type: "ansible.task" }>["data"],
): AnsibleTaskView[] {
  const told = { key, name: plainText(name), module, source: plainText(source), placed: true };
  const others = known.filter((each) => each.key !== key);
  const placed = others.filter((each) => each.placed);
  return [...placed, told, ...others.filter((each) => !each.placed)];
}

function takeHost(
  draft: Draft,
  attempt: AttemptView,
  { type, data }: Extract<LiveEvent, { type: "host.started" | "host.result" }>,
): void {
  const { key, at } = data;
  const host = plainText(data.host);
  const known = attempt.cells.get(cellId(key, host));
  const items = known?.items ?? 0;
  const running: Cell = known ?? {
    key,
    host,
    status: "running",
    startedAt: at,
    endedAt: null,
    message: null,
    items,
  };
  const put = (cell: Cell): void => draft.cell(attempt.taskId, attempt.number, cell);
  if (type === "host.started") put(running);
  // Results of single loop items are on the way; the cell waits for the result of the whole loop.
  else if (data.item !== null) put({ ...running, items: items + 1 });
  else put({ ...running, status: data.status, endedAt: at, message: cleaned(data.message) });
}
