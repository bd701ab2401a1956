import { randomUUID } from "node:crypto";
import type { CreatedToken, NewToken, NewUser, Token, User } from "../../contracts/access.ts";
import type { Actor } from "../../contracts/actor.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import {
  findUser,
  hasUsers,
  insertToken,
  insertUser,
  listTokens,
  listUsers,
  revokeSessions,
  revokeToken,
  toToken,
  toUser,
} from "./access-sql.ts";
import type { OneTimeCode } from "./codes.ts";
import { resetSubject, setupSubject, type AccessContext } from "./context.ts";
import { createApiToken, sha256 } from "./credentials.ts";
import type { Identity } from "./roles.ts";

export interface Users {
  list(): Promise<User[]>;
  create(identity: Identity, body: NewUser): Promise<User>;
  /**
   * A one-time code for a new password by `POST /setup`; the user's sessions end. While there is no user at all, a new
   * set-up code.
   */
  reset(actor: Actor, username: string): Promise<OneTimeCode>;
}

export interface Tokens {
  list(): Promise<Token[]>;
  /** The answer holds the token itself, which is not kept. Nobody can give a permission that they lack. */
  create(identity: Identity, body: NewToken): Promise<CreatedToken>;
  revoke(identity: Identity, id: string): Promise<void>;
}

/** Whose password the command line's action rests on, for the record. */
function confirmedBy(identity: Identity): { confirmedBy?: string } {
  return identity.password === null ? {} : { confirmedBy: identity.password.user };
}

export function createUsers({ db, clock, codes, passwords }: AccessContext): Users {
  return {
    list: () => listUsers(db),
    create: async (identity, body) => {
      const at = clock.now();
      const user = {
        id: randomUUID(),
        username: body.username,
        role: body.role,
        password_hash: await passwords.hash(body.password),
        created_at: at,
      };
      await db.transaction().execute(async (tx) => {
        if (!(await insertUser(tx, user))) {
          throw new ChiffonError("conflict", `There is already a user "${body.username}".`, {
            hint: "Take another name, or give that user a new password: chiffon user reset NAME",
          });
        }
        await recordAudit(tx, {
          at,
          kind: "access.user-added",
          actor: identity.actor,
          data: { username: body.username, role: body.role, ...confirmedBy(identity) },
        });
      });
      return toUser(user);
    },
    reset: async (actor, username) => {
      const at = clock.now();
      if (!(await hasUsers(db))) return codes.issue(setupSubject);
      await db.transaction().execute(async (tx) => {
        const user = await findUser(tx, username);
        if (user === undefined) {
          throw new ChiffonError("not-found", `There is no user "${username}".`, {
            hint: "An admin sees all names: GET /api/v1/users",
          });
        }
        await revokeSessions(tx, { userId: user.id }, at);
        await recordAudit(tx, { at, kind: "access.user-reset", actor, data: { username } });
      });
      return codes.issue(resetSubject(username));
    },
  };
}

export function createTokens({ db, clock, random }: AccessContext): Tokens {
  return {
    list: () => listTokens(db),
    create: async (identity, body) => {
      const missing = body.permissions.filter((permission) => !identity.permissions.has(permission));
      if (missing.length > 0) {
        throw new ChiffonError(
          "not-allowed",
          `You cannot give what you do not have: ${missing.join(", ")}.`,
          {
            hint: "Leave these permissions out.",
          },
        );
      }
      const at = clock.now();
      const token = createApiToken(random);
      const row = {
        id: randomUUID(),
        name: body.name,
        permissions: [...new Set(body.permissions)],
        created_at: at,
        expires_at: new Date(at.getTime() + body.days * 86_400_000),
        last_used_at: null,
      };
      await db.transaction().execute(async (tx) => {
        await insertToken(tx, { ...row, tokenSha256: sha256(token), createdBy: identity.actor });
        await recordAudit(tx, {
          at,
          kind: "access.token-created",
          actor: identity.actor,
          data: { token: row.id, name: row.name, permissions: row.permissions, ...confirmedBy(identity) },
        });
      });
      return { ...toToken(row), token };
    },
    revoke: async (identity, id) => {
      const at = clock.now();
      await db.transaction().execute(async (tx) => {
        const revoked = await revokeToken(tx, id, at);
        if (revoked === undefined) {
          throw new ChiffonError("not-found", "There is no such API token, or it was revoked before.", {
            hint: "List them: chiffon token list",
          });
        }
        await recordAudit(tx, {
          at,
          kind: "access.token-revoked",
          actor: identity.actor,
          data: { token: id, name: revoked.name, ...confirmedBy(identity) },
        });
      });
    },
  };
}
