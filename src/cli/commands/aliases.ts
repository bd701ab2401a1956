import type { Command } from "commander";
import type { LearnedAlias } from "../../contracts/alias.ts";
import { act, describe, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { localTime, oneLine, shortId, table } from "../text.ts";

/** `playbooks aliases`: what Chiffon has learned that words mean. */
export function registerAliases(playbooks: Command, context: CliContext): void {
  const aliases = playbooks
    .command("aliases")
    .description("names that were learned from answers: words that mean a playbook without a question");
  describe(aliases.command("list", { isDefault: true }), "all of them, newest first", [
    "chiffon playbooks aliases list",
  ]).action(act(context, list));
  describe(aliases.command("remove <id>"), "forget one; its words are asked about again", [
    "chiffon playbooks aliases remove 3f1b0f6e",
  ]).action(
    act(context, async ({ api, out }, _flags: CommonFlags, id: string) => {
      await api.aliases.remove(id);
      out.note(`${oneLine(id)} is forgotten; its words are asked about again`);
      return exitCodes.ok;
    }),
  );
}

async function list({ api, out }: Session): Promise<number> {
  const all = await api.aliases.list();
  if (out.json) out.object(all);
  else if (all.length === 0)
    out.note("Nothing was learned yet. Two approved plans with the same choice make a name of its words.");
  else {
    const columns = [
      { title: "id" },
      { title: "words", flexible: true },
      { title: "verb" },
      { title: "playbook", flexible: true },
      { title: "state" },
      { title: "last" },
    ];
    const rows = all.map((alias) => [
      shortId(alias.id),
      alias.words,
      alias.verb,
      alias.unit,
      stateOf(alias),
      localTime(alias.confirmedAt),
    ]);
    out.data(...table(columns, rows, out.width));
  }
  return exitCodes.ok;
}

function stateOf({ state, always, confirmations }: LearnedAlias): string {
  switch (state) {
    case "counting":
      return `chosen ${confirmations} time${confirmations === 1 ? "" : "s"}`;
    case "learned":
      return always ? "learned (always)" : "learned";
    case "out-of-date":
      return "out of date";
    default:
      return state satisfies never;
  }
}
