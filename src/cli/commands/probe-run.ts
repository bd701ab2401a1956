import type { Command } from "commander";
import { act, describe } from "../command.ts";
import type { CliContext } from "../context.ts";
import { parseStep } from "../parse-step.ts";
import { goOn, withPlanFlags, type PlanFlags } from "./ask.ts";

/** `run probe`: a plan that looks at what a step of unknown end has left. */
export function registerProbe(runs: Command, context: CliContext): void {
  withPlanFlags(
    describe(
      runs.command("probe <run>"),
      "look at what a step of unknown end has left: makes a plan that shows the facts of its hosts and how its services are, and changes nothing",
      ["chiffon run probe 1a2b3c4d --wait"],
    ),
  )
    .option("--step <number>", "one step, as the run shows it; without it all of unknown end", parseStep)
    .action(
      act(context, async (session, flags: PlanFlags & { readonly step?: number }, id: string) => {
        const step = flags.step === undefined ? undefined : flags.step - 1;
        return goOn(session, { request: await session.api.runs.probe(id, step), answers: [], flags });
      }),
    );
}
