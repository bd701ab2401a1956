import { type Command } from "commander";
import type { Run } from "../../contracts/run.ts";
import type { RetryFrom } from "../../contracts/retry.ts";
import { act, describe, UsageError } from "../command.ts";
import type { CliContext } from "../context.ts";
import { shortId } from "../text.ts";
import { goOn, withPlanFlags, type PlanFlags } from "./ask.ts";
import { parseStep } from "../parse-step.ts";

interface RetryFlags extends PlanFlags {
  readonly failedHosts?: boolean;
  readonly fromStep?: number;
  readonly fromTask?: string;
}

/** `run retry`: a part of a run again, as a plan of its own. */
export function registerRetry(runs: Command, context: CliContext): void {
  withPlanFlags(
    describe(
      runs.command("retry <run>"),
      "ask for a part of a run to be tried again: makes a plan of what failed on the hosts that are left and of the steps that never ran, or from a step or Ansible task on; nothing runs before that plan is approved",
      [
        "chiffon run retry 1a2b3c4d --failed-hosts",
        "chiffon run retry 1a2b3c4d --from-step 2 --wait",
        'chiffon run retry 1a2b3c4d --from-task "Start the service"',
      ],
    ),
  )
    .option("--failed-hosts", "what is left of it: failed, unreachable and never reached hosts (the default)")
    .option(
      "--from-step <number>",
      "this step and all after it, on all their hosts; the first is 1",
      parseStep,
    )
    .option("--from-task <name>", "from this task of the playbook on, and the steps after it")
    .action(
      act(context, async (session, flags: RetryFlags, id: string) => {
        const from = fromOf(flags);
        return goOn(session, { request: await session.api.runs.retry(id, from), answers: [], flags });
      }),
    );
}

function fromOf({ failedHosts, fromStep, fromTask }: RetryFlags): RetryFrom {
  if (failedHosts === true && (fromStep !== undefined || fromTask !== undefined))
    throw new UsageError("--failed-hosts stands alone: from a step or task on, all hosts are tried again");
  const step = fromStep === undefined ? undefined : fromStep - 1;
  if (fromTask !== undefined) return { ansibleTask: fromTask, ...(step === undefined ? {} : { step }) };
  return step === undefined ? "failed-hosts" : { step };
}

/** How a run that did not end well is tried again; of one whose end nobody knows only after a look at its hosts. */
export function describeRetry(run: Run, me: string): string[] {
  const short = shortId(run.id);
  const first = run.tasks.find((task) => task.state !== "succeeded" && task.state !== "skipped");
  if (run.purpose !== "change" || first === undefined) return [];
  if (run.state !== "failed" && run.state !== "cancelled" && run.state !== "unknown") return [];
  const left = `${me} run retry ${short} --failed-hosts`;
  const ways = [
    `Retry:    ${left}   (what failed, on the hosts that are left, and what never ran)`,
    `          or --from-step ${first.step + 1}, or --from-task NAME: each makes a plan to approve`,
  ];
  if (run.state !== "unknown") return ways;
  const waits = run.tasks.some((task) => task.state === "pending");
  return [
    "Nobody knows how it ended. Look at its hosts first; nothing is tried again by itself.",
    `Look:     ${me} run probe ${short}   (a plan that only reads: facts of the hosts, state of the services)`,
    ...(waits
      ? [
          `Mark:     ${me} run mark ${short} --step ${first.step + 1} --as succeeded --reason "what you saw"   (or --as failed: the rest goes on by it)`,
          `Or cancel what is left, and try again: ${me} run cancel ${short}`,
        ]
      : []),
    ...ways,
  ];
}
