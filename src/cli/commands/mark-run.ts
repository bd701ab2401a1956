import { Option, type Command } from "commander";
import { act, describe, type CommonFlags } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseStep } from "../parse-step.ts";
import { withPassword } from "../password.ts";
import { oneLine, shortId } from "../text.ts";

interface MarkFlags extends CommonFlags {
  readonly step: number;
  readonly as: "succeeded" | "failed";
  readonly reason: string;
  readonly user?: string;
}

/** `run mark`: a person's word for a step of which nobody knows how it ended. */
export function registerMark(runs: Command, context: CliContext): void {
  describe(runs.command("mark <run>"), "say how a step of unknown end has ended, after a look at its hosts", [
    'chiffon run mark 1a2b3c4d --step 1 --as succeeded --reason "the page answers"',
  ])
    .requiredOption("--step <number>", "the step, as the run shows it", parseStep)
    .addOption(
      new Option("--as <outcome>", "how it ended").choices(["succeeded", "failed"]).makeOptionMandatory(),
    )
    .requiredOption("--reason <text>", "what you have seen; recorded and shown")
    .option("--user <name>", "whose password is asked for, where one is needed")
    .action(
      act(context, async (session, flags: MarkFlags, id: string) => {
        const { api, out, me } = session;
        const body = { step: flags.step - 1, outcome: flags.as, reason: flags.reason };
        const run = await withPassword(session, { user: flags.user }, () => api.runs.mark(id, body));
        if (out.json) out.object(run);
        else {
          const why = run.reason === null ? "" : `: ${oneLine(run.reason)}`;
          out.data(`run ${shortId(run.id)} ${run.state}${why}`);
          out.note(`Look:     ${me} run show ${shortId(run.id)}`);
        }
        return exitCodes.ok;
      }),
    );
}
