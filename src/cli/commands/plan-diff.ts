import { Option, type Command } from "commander";
import { act, describe, type CommonFlags } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { describePlanDiff } from "../plan-diff-view.ts";

/** `plan diff`: how a plan differs from another one. */
export function registerDiff(plans: Command, context: CliContext): void {
  describe(
    plans.command("diff <plan>"),
    "how a plan differs: steps, hosts, values, files, Ansible tasks, risk and tools",
    [
      "chiffon plan diff 1a2b3c4d",
      "chiffon plan diff 1a2b3c4d --against last-run",
      "chiffon plan diff 1a2b3c4d --against 5e6f7a8b --json",
    ],
  )
    .addOption(
      new Option(
        "--against <what>",
        "previous (revision), last-run (the last approved run of the same units) or a plan; without it the first of these that there is",
      ),
    )
    .action(
      act(context, async ({ api, out }, flags: CommonFlags & { against?: string }, id: string) => {
        const diff = await api.plans.diff(id, flags.against);
        if (out.json) out.object(diff);
        else out.data(...describePlanDiff(diff, out.style));
        return exitCodes.ok;
      }),
    );
}
