import type { Command } from "commander";
import type { Run } from "../../contracts/run.ts";
import { act, describe, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { oneLine, shortId } from "../text.ts";

interface PauseFlags extends CommonFlags {
  readonly reason?: string;
  readonly user?: string;
}

/** `run pause` and `run resume`: hold a run between its steps, and let it go on. */
export function registerPause(runs: Command, context: CliContext): void {
  describe(
    runs.command("pause <run>"),
    "hold a run between its steps: what runs goes on to its end, no further step begins",
    ['chiffon run pause 1a2b3c4d --reason "backup window"'],
  )
    .option("--reason <text>", "why; recorded and shown")
    .option("--user <name>", "whose password is asked for, where one is needed")
    .action(
      act(context, async (session, flags: PauseFlags, id: string) => {
        const run = await withPassword(session, { user: flags.user }, () =>
          session.api.runs.pause(id, flags.reason),
        );
        return show(session, run, `Go on:    ${session.me} run resume ${shortId(run.id)}`);
      }),
    );
  describe(runs.command("resume <run>"), "let a paused run go on", ["chiffon run resume 1a2b3c4d"])
    .option("--user <name>", "whose password is asked for, where one is needed")
    .action(
      act(context, async (session, flags: PauseFlags, id: string) => {
        const run = await withPassword(session, { user: flags.user }, () => session.api.runs.resume(id));
        return show(session, run, `Watch:    ${session.me} run watch ${shortId(run.id)}`);
      }),
    );
}

function show({ out }: Session, run: Run, next: string): number {
  if (out.json) out.object(run);
  else {
    out.data(`run ${shortId(run.id)} ${run.state}${run.reason === null ? "" : `: ${oneLine(run.reason)}`}`);
    out.note(next);
  }
  return exitCodes.ok;
}
