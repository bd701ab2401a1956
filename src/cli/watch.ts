import type { LiveEvent } from "../contracts/live.ts";
import type { Run } from "../contracts/run.ts";
import { isEnded } from "../domain/run/states.ts";
import type { Session } from "./command.ts";
import { exitCodeOfRun, exitCodes } from "./exit-codes.ts";
import { followRun } from "./follow-run.ts";
import { createRunOutput, type Piece, type RunOutput } from "./run-output.ts";
import { describeRecap, styledState } from "./run-view.ts";
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

interface Screen {
  readonly session: Session;
  readonly status: StatusLine;
  readonly output: RunOutput;
  readonly show: WatchShow;
  readonly names: Map<string, string>;
}

/** Follows a run to its end. Ctrl-C stops watching and not the run; a second one asks whether to stop the run. */
export async function watchRun(session: Session, run: Run, show: WatchShow): Promise<Watched> {
  const { api, context, out } = session;
  const stop = new AbortController();
  const interrupts = listen(() => stop.abort());
  try {
    for (;;) {
      const signal = stop.signal;
      try {
        await showRun(session, { run, show, signal });
        const ended = await api.runs.get(run.id, signal);
        out.note(`run ${shortId(run.id)} ${styledState(ended.state, out.style)}${ended.reason === null ? "" : `: ${oneLine(ended.reason)}`}`);
        return { run: ended, exitCode: exitCodeOfRun(ended.state) };
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      return { run, exitCode: await detach(session, run, interrupts) };
    }
  } finally {
    interrupts[Symbol.dispose]();
    context.stdout.off("error", () => undefined);
  }
}
