import { Option, type Command } from "commander";
import { act, describe, UsageError } from "../command.ts";
import type { CliContext } from "../context.ts";
import { goOn, withPlanFlags, type PlanFlags } from "./ask.ts";
import { collectValue, parseHosts } from "./plan-values.ts";
import { Verb } from "../../contracts/vocabulary.ts";

interface MakeFlags extends PlanFlags {
  readonly set: readonly (readonly [string, string])[];
  readonly hosts?: readonly string[];
  readonly inventory?: string;
  readonly verb?: Verb;
  readonly service?: string;
}

/** `plan make`: a plan of one step without words that have to be understood. */
export function registerMake(plans: Command, context: CliContext): void {
  withPlanFlags(
    describe(
      plans.command("make <playbook>"),
      "name one playbook or operation with its hosts and values: makes a plan of one step, to be approved like any other",
      [
        "chiffon plan make status-page --hosts web1 --set status_page_port=8081",
        "chiffon plan make homelab:playbooks/status-page.yml --inventory staging/hosts.yml --wait",
        "chiffon plan make operation:restart --hosts web1 --service nginx",
      ],
    ),
  )
    .addOption(
      new Option("--set <name=value>", "value for one of its variables; may be given several times")
        .argParser(collectValue)
        .default([], "none"),
    )
    .addOption(
      new Option(
        "--hosts <names>",
        "hosts and groups, with commas between them (default: all that it is made for)",
      ).argParser(parseHosts),
    )
    .option("--inventory <file>", "path inside the repository (default: the one that is used for it)")
    .addOption(new Option("--verb <verb>", "what for, where it can do several things").choices(Verb.options))
    .option("--service <name>", "which service an operation of Chiffon's own is about")
    .action(
      act(context, async (session, flags: MakeFlags, unit: string) => {
        const { set, hosts, inventory, verb, service } = flags;
        const names = set.map(([name]) => name);
        const twice = names.find((name, index) => names.indexOf(name) !== index);
        if (twice !== undefined) throw new UsageError(`${twice} is given twice`);
        const request = await session.api.requests.dispatch({
          unit,
          ...(set.length === 0 ? {} : { vars: Object.fromEntries(set) }),
          ...(hosts === undefined ? {} : { hosts: [...hosts] }),
          ...(inventory === undefined ? {} : { inventory }),
          ...(verb === undefined ? {} : { verb }),
          ...(service === undefined ? {} : { service }),
        });
        return goOn(session, { request, answers: [], flags });
      }),
    );
}
