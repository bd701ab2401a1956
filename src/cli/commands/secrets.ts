import type { Command } from "commander";
import { SecretName } from "../../contracts/api.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { readStdin } from "../read-stdin.ts";
import { localTime, table } from "../text.ts";

type Flags = CommonFlags & { readonly user?: string };

/** `secret`: values that playbooks get and nobody else sees. */
export function registerSecrets(program: Command, context: CliContext): void {
  const secrets = program.command("secret").description("values that playbooks get and nobody else sees");
  const add = (usage: string, about: string, examples: string[]): Command =>
    describe(secrets.command(usage), about, examples).option(
      "--user <name>",
      "the admin whose password is asked for, where one is needed",
    );
  add("set <name>", "set a secret; the value comes by a hidden question or stdin, never as an argument", [
    "chiffon secret set DB_PASSWORD",
    "pass show db | chiffon secret set DB_PASSWORD",
  ]).action(act(context, setSecret));
  add("list", "names of the secrets, never values", ["chiffon secret list"]).action(
    act(context, listSecrets),
  );
  add("remove <name>", "remove a secret", ["chiffon secret remove DB_PASSWORD"]).action(
    act(context, async (session, flags: Flags, name: string) => {
      const secret = checkName(name);
      await withPassword(session, { user: flags.user }, () => session.api.secrets.remove(secret));
      session.out.note(`secret ${secret} removed`);
      return exitCodes.ok;
    }),
  );
  add("reveal <name>", "show a value, once per version; it is recorded who looked", [
    "chiffon secret reveal DB_PASSWORD",
  ]).action(
    act(context, async (session, flags: Flags, name: string) => {
      const { api, out } = session;
      const secret = checkName(name);
      const revealed = await withPassword(session, { user: flags.user }, () => api.secrets.reveal(secret));
      if (out.json) out.object(revealed);
      else out.data(revealed.value);
      return exitCodes.ok;
    }),
  );
}

async function setSecret(session: Session, flags: Flags, name: string): Promise<number> {
  const { api, out, ask, context } = session;
  const secret = checkName(name);
  const value = context.isTerminal
    ? await ask.hidden(`Value of ${secret}`)
    : await readStdin(context.stdin, context.signal);
  if (value === "") {
    throw new ChiffonError("bad-input", `The value of ${secret} is empty.`, {
      hint: "Send it by stdin, or type it at a terminal.",
    });
  }
  await withPassword(session, { user: flags.user }, () => api.secrets.set(secret, value));
  out.note(`secret ${secret} is set`);
  return exitCodes.ok;
}

async function listSecrets(session: Session, flags: Flags): Promise<number> {
  const { api, out } = session;
  const secrets = await withPassword(session, { user: flags.user }, () => api.secrets.list());
  if (out.json) out.object(secrets);
  else if (secrets.length === 0) out.note("There are no secrets.");
  else {
    const columns = [
      { title: "name" },
      { title: "version", right: true },
      { title: "set at" },
      { title: "origin", flexible: true },
    ];
    const rows = secrets.map((secret) => [
      secret.name,
      String(secret.version),
      localTime(secret.updatedAt),
      secret.origin,
    ]);
    out.data(...table(columns, rows, out.width));
  }
  return exitCodes.ok;
}

/** The name itself is not repeated: somebody may have typed the value in its place. */
function checkName(name: string): string {
  const parsed = SecretName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues[0]?.message ?? "this is not the name of a secret");
}
