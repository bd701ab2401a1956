import { Option, type Command } from "commander";
import { Role } from "../../contracts/access.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { getNewPassword, readSecretLines, withPassword } from "../password.ts";
import { localTime, oneLine, shellWord, table } from "../text.ts";

interface AddFlags extends CommonFlags {
  readonly role?: Role;
  readonly code?: string;
  readonly passwordStdin?: boolean;
  readonly user?: string;
}

/** `user`: who may sign in. */
export function registerUsers(program: Command, context: CliContext): void {
  const users = program.command("user").description("who may sign in");
  describe(
    users.command("add <name>"),
    [
      "add a user. On the server's own machine the first one needs nothing but a new password; elsewhere the first one, and",
      "whoever got a code for a new password, gives --code. The password comes by a hidden question, CHIFFON_PASSWORD_FILE",
      "or --password-stdin. With --code - and --password-stdin, stdin holds the code in its first line and the password in its second.",
    ].join("\n"),
    [
      "chiffon user add ada",
      "chiffon user add grace --role operator --user ada",
      "CHIFFON_PASSWORD_FILE=password chiffon user add ada --code ABCD-EFGH",
    ],
  )
    .addOption(
      new Option(
        "--role <role>",
        "what the user may do (default: admin for the first, then operator)",
      ).choices(Role.options),
    )
    .option(
      "--code <code>",
      "the set-up code that the server printed, or a code of user reset; - reads it from stdin",
    )
    .option("--password-stdin", "read the password from stdin")
    .option("--user <name>", "the admin whose password is asked for, where one is needed")
    .action(act(context, addUser));
  describe(users.command("reset <name>"), "get a one-time code for a new password; the user's sessions end", [
    "chiffon user reset ada",
  ]).action(act(context, resetUser));
  describe(users.command("list"), "all users", ["chiffon user list"])
    .option("--user <name>", "the admin whose password is asked for, where one is needed")
    .action(act(context, listUsers));
}

async function addUser(session: Session, flags: AddFlags, username: string): Promise<number> {
  const { api, out } = session;
  const codeByStdin = flags.code === "-";
  const lines = [
    ...(await readSecretLines(session, Number(codeByStdin) + Number(flags.passwordStdin === true))),
  ];
  const code = codeByStdin ? lines.shift() : flags.code;
  const password = await getNewPassword(session, flags.passwordStdin === true ? lines.shift() : undefined);
  const setUpCode = code ?? (await findSetUpCode(session));
  if (setUpCode !== undefined) {
    if (flags.role !== undefined && flags.role !== "admin") {
      throw new UsageError(
        code === undefined
          ? "the first user is an admin: leave --role out"
          : "--role and --code do not go together",
      );
    }
    const { user, role } = await api.setup({ code: setUpCode.trim(), username, password });
    if (out.json) out.object({ username: user, role });
    else out.note(`user ${oneLine(user)} (${role}) can sign in`);
    return exitCodes.ok;
  }
  // CHIFFON_PASSWORD can be one password only: the admin's when the new one came by stdin.
  const own = flags.passwordStdin === true ? session : withoutPassword(session);
  const body = { username, password, role: flags.role ?? "operator" };
  const user = await withPassword(own, { user: flags.user }, () => api.users.create(body));
  if (out.json) out.object(user);
  else out.note(`user ${oneLine(user.username)} (${user.role}) added`);
  return exitCodes.ok;
}

function withoutPassword(session: Session): Session {
  return {
    ...session,
    context: { ...session.context, config: { ...session.context.config, password: undefined } },
  };
}

/**
 * A set-up code for the first user. Whoever can read the server's token file gets one while there is no user at all: a reset
 * of a name that no user can have answers "not found" as soon as there is one, and changes nothing.
 */
async function findSetUpCode({ api, context }: Session): Promise<string | undefined> {
  const { token } = await api.findServer();
  if (token === undefined) {
    throw new ChiffonError("not-signed-in", "Without a token only a code makes a user.", {
      hint: "Give the set-up code that the server printed: --code CODE, or the API token of an admin: CHIFFON_TOKEN_FILE",
    });
  }
  if (context.config.token !== undefined) return undefined;
  try {
    return (await api.users.reset("-")).code;
  } catch (error) {
    if (ChiffonError.is(error) && (error.code === "not-found" || error.code === "not-allowed"))
      return undefined;
    throw error;
  }
}

async function resetUser({ api, out, me }: Session, _flags: CommonFlags, name: string): Promise<number> {
  const reset = await api.users.reset(name);
  if (out.json) out.object(reset);
  else {
    out.data(reset.code);
    out.note(
      `This code works once, until ${localTime(reset.expiresAt)}. Set the new password with it, here or in the browser:`,
      `  ${me} user add ${shellWord(name)} --code ${shellWord(reset.code)}`,
    );
  }
  return exitCodes.ok;
}

async function listUsers(session: Session, flags: CommonFlags & { user?: string }): Promise<number> {
  const { api, out } = session;
  const users = await withPassword(session, { user: flags.user }, () => api.users.list());
  if (out.json) out.object(users);
  else {
    const columns = [{ title: "name", flexible: true }, { title: "role" }, { title: "since" }];
    out.data(
      ...table(
        columns,
        users.map((user) => [user.username, user.role, localTime(user.createdAt)]),
        out.width,
      ),
    );
  }
  return exitCodes.ok;
}
