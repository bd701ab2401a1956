import type { Command } from "commander";
import type { DeadLetter } from "../../contracts/dead-letter.ts";
import { act, describe, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { localTime, oneLine, shortId, table } from "../text.ts";
import { pick } from "./shared.ts";

interface Flags extends CommonFlags {
  readonly user?: string;
}

/** `agents dead`: messages between server and agents that nobody could take. */
export function registerDeadLetters(program: Command, context: CliContext): void {
  const agents = program.commands.find((command) => command.name() === "agents") ?? program.command("agents");
  const dead = agents
    .command("dead")
    .description("messages between server and agents that nobody could take");
  describe(dead.command("list", { isDefault: true }), "all of them, newest first", [
    "chiffon agents dead",
    "chiffon agents dead --json",
  ]).action(act(context, list));
  const change = (usage: string, about: string, example: string): Command =>
    describe(dead.command(usage), about, [example]).option(
      "--user <name>",
      "the admin whose password is asked for, where one is needed",
    );
  change("replay <id>", "give one to its receiver once more", "chiffon agents dead replay 3f1b0f6e").action(
    act(context, async (session, flags: Flags, wanted: string) => {
      const id = await withPassword(session, { user: flags.user }, async () => {
        const letter = await find(session, wanted);
        await session.api.deadLetters.replay(letter.id);
        return letter.id;
      });
      session.out.note(`${nameOf(id)} was given out again; it comes back here when it fails again`);
      return exitCodes.ok;
    }),
  );
  change("discard <id>", "throw one away for good", "chiffon agents dead discard 3f1b0f6e").action(
    act(context, async (session, flags: Flags, wanted: string) => {
      const id = await withPassword(session, { user: flags.user }, async () => {
        const letter = await find(session, wanted);
        await session.api.deadLetters.discard(letter.id);
        return letter.id;
      });
      session.out.note(`${nameOf(id)} was thrown away`);
      return exitCodes.ok;
    }),
  );
}

async function find({ api, me }: Session, wanted: string): Promise<DeadLetter> {
  const all = (await api.deadLetters.list()).map((letter) => ({ ...letter, name: nameOf(letter.id) }));
  return pick(all, wanted, { noun: "dead letter", list: `${me} agents dead` });
}

/** Numbers of the outbox are short already. */
function nameOf(id: string): string {
  return id.startsWith("outbox-") ? id : shortId(id);
}

async function list({ api, out }: Session): Promise<number> {
  const all = await api.deadLetters.list();
  if (out.json) out.object(all);
  else if (all.length === 0) out.note("Every message was taken.");
  else {
    const columns = [
      { title: "id" },
      { title: "when" },
      { title: "queue", flexible: true },
      { title: "type" },
      { title: "from" },
      { title: "why", flexible: true },
      { title: "replayed" },
    ];
    const rows = all.map((letter) => [
      nameOf(letter.id),
      localTime(letter.at),
      oneLine(letter.queue),
      letter.type ?? "-",
      letter.from === null ? "-" : oneLine(shortId(letter.from)),
      oneLine(letter.problem ?? reasons[letter.reason] ?? letter.reason),
      localTime(letter.replayedAt),
    ]);
    out.data(...table(columns, rows, out.width));
  }
  return exitCodes.ok;
}

/** The broker's words. */
const reasons: Readonly<Record<string, string>> = {
  rejected: "its receiver can never take it",
  delivery_limit: "its receiver failed each time",
  maxlen: "the queue was full",
  expired: "it was too old",
};
