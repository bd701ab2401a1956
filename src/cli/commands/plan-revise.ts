import { Option, type Command } from "commander";
import type { RevisePlan, StepEdit } from "../../contracts/plan.ts";
import { act, describe, UsageError, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { goOn, withPlanFlags, type PlanFlags } from "./ask.ts";
import { parseStep } from "../parse-step.ts";
import { collectValue, parseHosts } from "./plan-values.ts";

interface ReviseFlags extends PlanFlags {
  readonly set: readonly (readonly [string, string])[];
  readonly unset: readonly string[];
  readonly hosts?: readonly string[];
  readonly step?: number;
  readonly skip: readonly number[];
}

/** `plan revise`: the next revision of a plan, from plain words or from values. */
export function registerRevise(plans: Command, context: CliContext): void {
  withPlanFlags(
    describe(
      plans.command("revise <plan> [words...]"),
      "say what should be different, in plain words or by values: other hosts, a value, a step less or more; makes the next revision",
      [
        "chiffon plan revise 1a2b3c4d on web2",
        "chiffon plan revise 1a2b3c4d port 3002",
        "chiffon plan revise 1a2b3c4d --set status_page_port=8081",
        "chiffon plan revise 1a2b3c4d --step 2 --hosts web1,web2 --skip 3",
      ],
    ),
  )
    .addOption(
      new Option("--set <name=value>", "value for a variable of the step; may be given several times")
        .argParser(collectValue)
        .default([], "none"),
    )
    .addOption(
      new Option(
        "--unset <name>",
        "give a variable the playbook's own value again; may be given several times",
      )
        .argParser((name: string, names: readonly string[]) => [...names, name])
        .default([], "none"),
    )
    .addOption(
      new Option("--hosts <names>", "hosts and groups of the step, with commas between them").argParser(
        parseHosts,
      ),
    )
    .addOption(
      new Option(
        "--step <number>",
        "the step that --set, --unset and --hosts are for; the first is 1",
      ).argParser(parseStep),
    )
    .addOption(
      new Option("--skip <number>", "leave this step out; may be given several times")
        .argParser((text: string, steps: readonly number[]) => [...steps, parseStep(text)])
        .default([], "none"),
    )
    .action(
      act(context, async (session, flags: ReviseFlags, ...[id, words]: [string, string[]]) => {
        const request = await session.api.plans.revise(id, await bodyOf(session, { id, words, flags }));
        return goOn(session, { request, answers: [], flags });
      }),
    );
}

async function bodyOf(
  session: Session,
  given: { id: string; words: readonly string[]; flags: ReviseFlags },
): Promise<RevisePlan> {
  const { words, flags } = given;
  const edits: StepEdit[] = flags.skip.map((step) => ({ step: step - 1, skip: true }));
  const valued = flags.set.length > 0 || flags.unset.length > 0 || flags.hosts !== undefined;
  if (words.length > 0) {
    if (valued || edits.length > 0)
      throw new UsageError("say it in words or by --set, --unset, --hosts and --skip, not both at once");
    return { instruction: words.join(" ") };
  }
  if (valued) edits.unshift(await editOf(session, given));
  if (edits.length === 0)
    throw new UsageError("say what should be different: in words, or by --set, --unset, --hosts or --skip");
  return { edits };
}

async function editOf(
  session: Session,
  { id, flags }: { id: string; flags: ReviseFlags },
): Promise<StepEdit> {
  const names = [...flags.set.map(([name]) => name), ...flags.unset];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`${twice} is given twice`);
  return {
    step: (flags.step ?? (await onlyStep(session, id))) - 1,
    ...(names.length === 0
      ? {}
      : { vars: Object.fromEntries([...flags.set, ...flags.unset.map((name) => [name, null] as const)]) }),
    ...(flags.hosts === undefined ? {} : { hosts: [...flags.hosts] }),
  };
}

/** Where there is one step, nobody has to say which. */
async function onlyStep({ api }: Session, id: string): Promise<number> {
  const { steps } = await api.plans.get(id);
  if (steps.length === 1) return 1;
  throw new UsageError(`the plan has ${steps.length} steps: say which one with --step`);
}
