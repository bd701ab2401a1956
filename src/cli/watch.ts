import type { LiveEvent } from "../contracts/live.ts";
import type { Run } from "../contracts/run.ts";
import { isEnded } from "../domain/run/states.ts";
import { ReaderGone, withSignal, type Session } from "./command.ts";
import { exitCodeOfRun, exitCodes } from "./exit-codes.ts";
import { followRun } from "./follow-run.ts";
import type { Output } from "./output.ts";
import { createRunOutput, type Piece, type RunOutput } from "./run-output.ts";
import { waitsForPerson } from "./preview-view.ts";
import { describeRecap } from "./run-view.ts";
import { createRunning, createStatusLine, type StatusLine } from "./status-line.ts";
import { oneLine, shortId } from "./text.ts";

/** Seconds in which a second Ctrl-C means: stop the run. */
const secondChance = 3;

/** What of the events goes to stdout: Ansible's own output, the events as NDJSON, or nothing. */
export type WatchShow = "output" | "events" | "nothing";

/** How a watch ended: with the run, or because the person stopped watching. */
export interface Watched {
  readonly run: Run;
  readonly exitCode: number;
}

/** Follows a run to its end. Ctrl-C stops watching and not the run; a second one asks whether to stop the run. */
export async function watchRun(session: Session, run: Run, show: WatchShow): Promise<Watched> {
  using interrupts = listenForInterrupts(session.context.signal);
  const watched = await watchUntil(session, { run, show, signal: interrupts.signal });
  if (watched !== undefined) return watched;
  if (session.context.signal.reason instanceof ReaderGone) throw session.context.signal.reason;
  // The interrupt ended the session's own signal; what follows has none but the next Ctrl-C.
  const after = withSignal(session, new AbortController().signal);
  after.out.note(`The run goes on. Watch it again: ${session.me} run watch ${shortId(run.id)}`);
  if (!session.context.isTerminal || !interrupts.byKey()) return { run, exitCode: exitCodes.interrupted };
  after.out.note(`Ctrl-C again within ${secondChance} s: stop the run.`);
  if (!(await interrupts.again(secondChance * 1_000))) return { run, exitCode: exitCodes.interrupted };
  if (!(await after.ask.confirm("Stop the run?"))) return { run, exitCode: exitCodes.interrupted };
  const cancelled = await after.api.runs.cancel(run.id, "stopped from the command line");
  using more = listenForInterrupts(new AbortController().signal);
  const ended = await watchUntil(after, {
    run: cancelled,
    show: show === "output" ? "nothing" : show,
    signal: more.signal,
  });
  return ended ?? { run, exitCode: exitCodes.interrupted };
}

interface Watch {
  readonly run: Run;
  readonly show: WatchShow;
  readonly signal: AbortSignal;
}

/** Undefined when the signal ended it. */
async function watchUntil(session: Session, watch: Watch): Promise<Watched | undefined> {
  const { api, out } = session;
  try {
    await showRun(session, watch);
    const run = await api.runs.get(watch.run.id, watch.signal);
    const reason = run.reason === null ? "" : `: ${oneLine(run.reason)}`;
    out.note(`run ${shortId(run.id)} ${run.state}${reason}`);
    if (run.pause != null) out.note(`Go on: ${session.me} run resume ${shortId(run.id)}`);
    else if (run.state === "paused")
      out.note(`Look at the preview and go on: ${session.me} run continue ${shortId(run.id)}`);
    return { run, exitCode: exitCodeOfRun(run.state) };
  } catch (error) {
    if (!watch.signal.aborted) throw error;
    return undefined;
  }
}

async function showRun(session: Session, { run, show, signal }: Watch): Promise<void> {
  const { api, context, out } = session;
  const running = createRunning();
  using status = createStatusLine(context.stderr, () => running.describe(Date.now()));
  const screen: Screen = {
    out,
    status,
    show,
    output: createRunOutput({ colours: context.stdout.isTTY === true && out.style("red", "x") !== "x" }),
    names: new Map(run.tasks.map((task) => [task.id, task.name])),
  };
  const onTrouble = (trouble: "polling" | "unreachable"): void =>
    status.around(() =>
      out.note(
        trouble === "polling"
          ? "the live stream was cut; asking every 2 s"
          : "the server does not answer; trying again",
      ),
    );
  for await (const event of followRun({ api, runId: run.id, signal, onTrouble })) {
    running.see(event);
    await showEvent(screen, event);
    if (mayStop(event) && (await waitsForPerson(api, await api.runs.get(run.id, signal), signal))) return;
  }
}

/** Whether the run may have come to a stop by this event; events of the past are told again. */
function mayStop(event: LiveEvent): boolean {
  if (event.type === "run.state") return event.data.state === "paused";
  return event.type === "task.state" && event.data.state === "pending";
}

interface Screen {
  readonly out: Output;
  readonly status: StatusLine;
  readonly output: RunOutput;
  readonly show: WatchShow;
  readonly names: ReadonlyMap<string, string>;
}

async function showEvent(screen: Screen, event: LiveEvent): Promise<void> {
  const { out, status, show, output } = screen;
  if (show === "events") out.record(event);
  const say = (...lines: string[]): void => status.around(() => out.note(...lines));
  const because = (reason: string | null): string => (reason === null ? "" : `: ${oneLine(reason)}`);
  switch (event.type) {
    case "run.state":
      if (!isEnded(event.data.state)) say(`run ${event.data.state}${because(event.data.reason)}`);
      return;
    case "task.state":
      say(`${oneLine(event.data.name)}: ${event.data.state}${because(event.data.reason)}`);
      return;
    case "output":
      if (show === "output") await writePiece(screen, output.push(event.data));
      return;
    case "attempt.ended":
      if (show === "output") await writePiece(screen, output.end(event.data.taskId));
      if (event.data.outcome !== "succeeded")
        say(...describeRecap(event.data.recap).map((line) => `  ${line}`));
      return;
    case "events.removed":
      say(`output and events of this run: ${oneLine(event.data.reason)}`);
      return;
    default:
  }
}

async function writePiece({ out, status, names }: Screen, piece: Piece | undefined): Promise<void> {
  if (piece === undefined) return;
  let written = Promise.resolve();
  status.around(() => {
    const name = piece.taskId === undefined ? undefined : names.get(piece.taskId);
    if (name !== undefined && names.size > 1) out.note(`-- ${oneLine(name)} --`);
    written = out.text(piece.text);
  });
  await written;
}

interface Interrupts extends Disposable {
  /** Aborted by the first Ctrl-C, and when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** True when it was Ctrl-C. */
  byKey(): boolean;
  /** Whether another Ctrl-C comes within that time. */
  again(milliseconds: number): Promise<boolean>;
}

function listenForInterrupts(stop: AbortSignal): Interrupts {
  const first = new AbortController();
  const second = Promise.withResolvers<boolean>();
  let keys = 0;
  const onKey = (): void => {
    keys++;
    first.abort();
    if (keys > 1) second.resolve(true);
  };
  const onStop = (): void => first.abort();
  process.on("SIGINT", onKey);
  stop.addEventListener("abort", onStop, { once: true });
  return {
    signal: first.signal,
    byKey: () => keys > 0,
    again: async (milliseconds) => {
      const timer = setTimeout(() => second.resolve(false), milliseconds);
      const came = await second.promise;
      clearTimeout(timer);
      return came;
    },
    [Symbol.dispose]: () => {
      process.off("SIGINT", onKey);
      stop.removeEventListener("abort", onStop);
    },
  };
}
