import type { Command } from "commander";
import { act, describe } from "../command.ts";
import type { CliContext } from "../context.ts";
import { goOn, withPlanFlags, type PlanFlags } from "./ask.ts";

/** `plan revise`: the next revision of a plan, from plain words. */
export function registerRevise(plans: Command, context: CliContext): void {
  withPlanFlags(
    describe(
      plans.command("revise <plan> <words...>"),
      "say in plain words what should be different: other hosts, a value, a step less or more; makes the next revision",
      [
        "chiffon plan revise 1a2b3c4d on web2",
        "chiffon plan revise 1a2b3c4d port 3002",
        "chiffon plan revise 1a2b3c4d without step 2",
      ],
    ),
  ).action(
    act(context, async (session, flags: PlanFlags, ...[id, words]: [string, string[]]) => {
      const request = await session.api.plans.revise(id, words.join(" "));
      return goOn(session, { request, answers: [], flags });
    }),
  );
}
