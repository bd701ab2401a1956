import { ChiffonError } from "../domain/errors.ts";
import type { Session } from "./command.ts";
import { readStdin } from "./read-stdin.ts";

/**
 * Does what may need a password: on the server's own machine the command line may do more for five minutes after an admin's
 * (or approver's) password was typed. It is asked for only when the server wants it.
 */
export async function withPassword<T>(
  session: Session,
  options: { user: string | undefined; password?: string | undefined },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!ChiffonError.is(error) || error.code !== "not-allowed") throw error;
    const me = await session.api.me();
    if (me.kind !== "cli" || me.passwordUntil !== null) throw error;
    const login = await getLogin(session, { ...options, refused: error });
    await session.api.confirmPassword(login);
    return await work();
  }
}

interface LoginSources {
  readonly user: string | undefined;
  readonly password?: string | undefined;
  readonly refused: ChiffonError;
}

async function getLogin(
  session: Session,
  from: LoginSources,
): Promise<{ username: string; password: string }> {
  const { context, ask, out } = session;
  const known = from.password ?? context.config.password;
  if (known !== undefined && from.user !== undefined) return { username: from.user, password: known };
  if (!context.isTerminal) {
    throw new ChiffonError("not-allowed", from.refused.message, {
      hint: `Without a terminal give --user NAME and CHIFFON_PASSWORD_FILE=FILE, or an API token that may do this (CHIFFON_TOKEN_FILE).`,
    });
  }
  out.note("This needs a password. It counts for five minutes.");
  const username = from.user ?? (await ask.text("User name"));
  return { username, password: known ?? (await ask.hidden(`Password of ${username}`)) };
}

/** A new password: typed twice, or CHIFFON_PASSWORD(_FILE), or a line of stdin. */
export async function getNewPassword(session: Session, fromStdin: string | undefined): Promise<string> {
  const { context, ask, out } = session;
  const known = fromStdin ?? context.config.password;
  if (known !== undefined) return known;
  if (!context.isTerminal) {
    throw new ChiffonError("bad-input", "There is no terminal to ask for the new password.", {
      hint: "Give it with CHIFFON_PASSWORD_FILE=FILE or --password-stdin.",
    });
  }
  for (;;) {
    const first = await ask.hidden("New password, 10 characters or more");
    if (first.length < 10) out.note("That is too short.");
    else if ((await ask.hidden("The same once more")) === first) return first;
    else out.note("These are two different ones.");
  }
}

/** The lines of stdin that options ask for, in this order. */
export async function readSecretLines(session: Session, wanted: number): Promise<readonly string[]> {
  if (wanted === 0) return [];
  const lines = (await readStdin(session.context.stdin, session.context.signal)).split(/\r?\n/);
  if (lines.length >= wanted && lines.slice(0, wanted).every((line) => line !== "")) return lines;
  throw new ChiffonError("bad-input", `stdin has to hold ${wanted === 1 ? "one line" : `${wanted} lines`}.`, {
    hint: "See --help.",
  });
}
