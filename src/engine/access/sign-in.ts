import { randomUUID } from "node:crypto";
import type { LoginBody, Role, Session, SetupBody } from "../../contracts/access.ts";
import type { Actor } from "../../contracts/actor.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import type { Tx } from "../schema.ts";
import {
  findUser,
  hasUsers,
  insertSession,
  insertUser,
  lockFirstUser,
  revokeSessions,
  updatePassword,
  type StoredUser,
} from "./access-sql.ts";
import type { CodeCheck } from "./codes.ts";
import {
  nobody,
  resetSubject,
  sessionLife,
  setupSubject,
  type AccessContext,
  type Caller,
} from "./context.ts";
import { createSessionToken, sha256 } from "./credentials.ts";

type Person = Pick<StoredUser, "id" | "username" | "role">;

/** Set-up and login: how a person gets a session. */
export interface SignIn {
  /** By the printed code: the first user (an admin), or a new password for a user that was reset. */
  setup(body: SetupBody, caller: Caller): Promise<Session>;
  /** A new session each time; the one that came with the call ends. */
  login(body: LoginBody, caller: Caller): Promise<Session>;
  /** The person whose name and password these are; wrong ones are recorded and slow down the next try. */
  verify(body: LoginBody, caller: Caller): Promise<Person>;
}

export function createSignIn(context: AccessContext): SignIn {
  const verify = async (body: LoginBody, caller: Caller): Promise<Person> => {
    const { db, clock, passwords, throttle } = context;
    // Kept apart by a character that no valid user name has.
    const key = `${body.username}\n${caller.address}`;
    throttle.begin(key);
    const user = await findUser(db, body.username);
    if (await passwords.verify(user?.password_hash, body.password)) {
      if (user !== undefined) {
        throttle.succeeded(key);
        return user;
      }
    }
    if (user === undefined && !(await hasUsers(db))) throw setupNeeded();
    await db.transaction().execute((tx) =>
      recordAudit(tx, {
        at: clock.now(),
        kind: "access.login-refused",
        actor: nobody,
        // An unknown name may be a password typed into the wrong field, so it is not kept.
        data: { username: user?.username ?? null, address: caller.address },
      }),
    );
    throw new ChiffonError("not-signed-in", "The user name or the password is wrong.", {
      hint: "Try again. If the password is lost, run on the server: chiffon user reset NAME",
    });
  };
  return {
    verify,
    login: async (body, caller) => {
      const user = await verify(body, caller);
      return context.db.transaction().execute(async (tx) => {
        const session = await openSession(context, tx, { user, caller });
        await recordAudit(tx, {
          at: context.clock.now(),
          kind: "access.login",
          actor: userActor(user),
          data: { address: caller.address },
        });
        return session;
      });
    },
    setup: (body, caller) => setup(context, body, caller),
  };
}

async function setup(context: AccessContext, body: SetupBody, caller: Caller): Promise<Session> {
  const first = !(await hasUsers(context.db));
  const check = context.codes.take(first ? setupSubject : resetSubject(body.username), body.code);
  if (check.kind !== "accepted") {
    await recordRefusedCode(context, { check, first, caller });
    throw codeRefused(check, first);
  }
  try {
    const hash = await context.passwords.hash(body.password);
    return await context.db.transaction().execute(async (tx) => {
      const user = first
        ? await makeFirstUser(context, tx, { username: body.username, hash })
        : await setPassword(context, tx, { username: body.username, hash });
      await recordAudit(tx, {
        at: context.clock.now(),
        kind: first ? "access.setup" : "access.password-set",
        actor: userActor(user),
        data: { address: caller.address },
      });
      return openSession(context, tx, { user, caller });
    });
  } catch (error) {
    check.putBack();
    throw error;
  }
}

async function makeFirstUser(
  context: AccessContext,
  tx: Tx,
  made: { username: string; hash: string },
): Promise<Person> {
  await lockFirstUser(tx);
  if (await hasUsers(tx)) throw setupDone();
  const user: StoredUser = {
    id: randomUUID(),
    username: made.username,
    role: "admin",
    password_hash: made.hash,
    created_at: context.clock.now(),
  };
  await insertUser(tx, user);
  return user;
}

async function setPassword(
  context: AccessContext,
  tx: Tx,
  made: { username: string; hash: string },
): Promise<Person> {
  const user = await findUser(tx, made.username);
  if (user === undefined) throw new ChiffonError("not-found", `There is no user "${made.username}".`);
  await updatePassword(tx, user.id, made.hash);
  await revokeSessions(tx, { userId: user.id }, context.clock.now());
  return user;
}

async function openSession(
  context: AccessContext,
  tx: Tx,
  { user, caller }: { user: Person; caller: Caller },
): Promise<Session> {
  const at = context.clock.now();
  const token = createSessionToken(context.random);
  const expiresAt = new Date(at.getTime() + sessionLife);
  if (caller.previousSession !== undefined) {
    await revokeSessions(tx, { tokenSha256: sha256(caller.previousSession) }, at);
  }
  await insertSession(tx, { id: randomUUID(), tokenSha256: sha256(token), userId: user.id, at, expiresAt });
  return { token, user: user.username, role: user.role, expiresAt: expiresAt.toISOString() };
}

export function userActor(user: { id: string; username: string; role?: Role }): Actor {
  return { kind: "user", name: user.username, id: user.id };
}

async function recordRefusedCode(
  context: AccessContext,
  refused: { check: CodeCheck; first: boolean; caller: Caller },
): Promise<void> {
  // Without an open code there was nothing to guess, and anyone could fill the log.
  if (refused.check.kind !== "wrong") return;
  await context.db.transaction().execute((tx) =>
    recordAudit(tx, {
      at: context.clock.now(),
      kind: "access.code-refused",
      actor: nobody,
      data: { for: refused.first ? "set-up" : "reset", address: refused.caller.address },
    }),
  );
}

function codeRefused(check: Exclude<CodeCheck, { kind: "accepted" }>, first: boolean): ChiffonError {
  const again = first
    ? "Start the server again for a new code, or run on the server: chiffon user reset NAME"
    : "Get a new code on the server: chiffon user reset NAME";
  switch (check.kind) {
    case "wrong":
      return new ChiffonError("not-allowed", `The code is wrong; ${check.triesLeft} more tries.`, {
        hint: check.triesLeft === 0 ? again : "Type it as the server printed it.",
      });
    case "expired":
      return new ChiffonError("not-allowed", "The code has expired: it is valid for 30 minutes.", {
        hint: again,
      });
    case "spent":
      return new ChiffonError("not-allowed", "The code was tried wrongly five times and no longer works.", {
        hint: again,
      });
    case "none":
      return first
        ? new ChiffonError("not-allowed", "There is no open set-up code.", { hint: again })
        : setupDone();
    default:
      return check satisfies never;
  }
}

function setupDone(): ChiffonError {
  return new ChiffonError("conflict", "Set-up is done, and there is no open code for this user.", {
    hint: "Sign in. If the password is lost, run on the server: chiffon user reset NAME",
  });
}

function setupNeeded(): ChiffonError {
  return new ChiffonError("setup-needed", "Nobody can sign in yet: there is no user.", {
    hint: "Make the first one with the set-up code that the server printed at its start.",
  });
}
