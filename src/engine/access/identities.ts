import type { Me } from "../../contracts/access.ts";
import { Permission } from "../../contracts/access.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import { findSession, findToken, revokeSessions, touchSession, touchToken } from "./access-sql.ts";
import { passwordLife, sessionIdle, touchEvery, type AccessContext, type Caller } from "./context.ts";
import { isApiToken, sameDigest, sha256 } from "./credentials.ts";
import { cliPermissions, rolePermissions, type Identity } from "./roles.ts";
import { userActor, type SignIn } from "./sign-in.ts";

/** The command line on the server's own machine: whoever can read its token file. */
export interface CliToken {
  readonly tokenSha256: string;
  /** Numeric user id that the file belongs to. */
  readonly uid: number;
}

/** Who is calling, by what came with the call. */
export interface Identities {
  allowCli(token: CliToken): void;
  /** By the cookie. */
  identifySession(token: string): Promise<Identity | undefined>;
  /** By `Authorization: Bearer`: session, API token or, from this machine only, the command line's token. */
  identifyBearer(token: string, options: { onThisMachine: boolean }): Promise<Identity | undefined>;
  /** The same caller now: undefined once its session or token has ended. For what stays open, like the live stream. */
  refresh(identity: Identity): Promise<Identity | undefined>;
  /** For the command line: the typed password of a user lets it do, for five minutes, what that user may do. */
  confirmPassword(
    identity: Identity,
    body: { username: string; password: string },
    caller: Caller,
  ): Promise<Identity>;
  logout(identity: Identity): Promise<void>;
}

interface Confirmed {
  readonly until: Date;
  readonly user: string;
  readonly permissions: readonly Permission[];
}

export function createIdentities(context: AccessContext, signIn: SignIn): Identities {
  const { db, clock } = context;
  let cli: CliToken | undefined;
  let confirmed: Confirmed | undefined;

  const session = async (which: { id: string } | { tokenSha256: string }): Promise<Identity | undefined> => {
    const now = clock.now();
    const usedAfter = new Date(now.getTime() - sessionIdle);
    const found = await findSession(db, which, { now, usedAfter });
    if (found === undefined) return undefined;
    // Looking whether it still lives is not using it.
    const used = "tokenSha256" in which && now.getTime() - found.lastUsedAt.getTime() > touchEvery;
    if (used) await touchSession(db, found.id, now);
    return {
      kind: "user",
      actor: userActor({ id: found.userId, username: found.username }),
      permissions: new Set(rolePermissions[found.role]),
      strong: true,
      key: `user:${found.userId}`,
      sessionId: found.id,
      password: null,
    };
  };

  const apiToken = async (which: { id: string } | { tokenSha256: string }): Promise<Identity | undefined> => {
    const now = clock.now();
    const found = await findToken(db, which, now);
    if (found === undefined) return undefined;
    const used = "tokenSha256" in which && now.getTime() - (found.last_used_at?.getTime() ?? 0) > touchEvery;
    if (used) await touchToken(db, found.id, now);
    return {
      kind: "token",
      actor: { kind: "token", name: found.name, id: found.id },
      permissions: new Set(found.permissions),
      strong: true,
      key: `token:${found.id}`,
      sessionId: null,
      password: null,
    };
  };

  const commandLine = (token: CliToken): Identity => {
    const password = confirmed !== undefined && clock.now() < confirmed.until ? confirmed : undefined;
    const added = password?.permissions ?? [];
    return {
      kind: "cli",
      // With a typed password it is known which person sits there.
      actor: {
        kind: "cli",
        name: `cli on server, uid ${token.uid}${password === undefined ? "" : `, ${password.user}`}`,
        id: password?.user ?? null,
      },
      permissions: new Set([...cliPermissions, ...added]),
      strong: added.includes("approve"),
      key: "cli",
      sessionId: null,
      password: password === undefined ? null : { until: password.until, user: password.user },
    };
  };

  return {
    allowCli: (token) => {
      cli = token;
    },
    identifySession: (token) => session({ tokenSha256: sha256(token) }),
    identifyBearer: async (token, { onThisMachine }) => {
      const tokenSha256 = sha256(token);
      if (cli !== undefined && onThisMachine && sameDigest(tokenSha256, cli.tokenSha256))
        return commandLine(cli);
      if (token.startsWith("chf_")) return isApiToken(token) ? apiToken({ tokenSha256 }) : undefined;
      return session({ tokenSha256 });
    },
    refresh: async (identity) => {
      if (identity.kind === "cli") return cli === undefined ? undefined : commandLine(cli);
      if (identity.sessionId !== null) return session({ id: identity.sessionId });
      return identity.actor.id === null ? undefined : apiToken({ id: identity.actor.id });
    },
    confirmPassword: async (identity, body, caller) => {
      if (identity.kind !== "cli" || cli === undefined) {
        throw new ChiffonError(
          "bad-input",
          "Only the command line on the server's own machine types a password here.",
          {
            hint: "A session or an API token needs no further password.",
          },
        );
      }
      const user = await signIn.verify(body, caller);
      const now = clock.now();
      await db.transaction().execute((tx) =>
        recordAudit(tx, {
          at: now,
          kind: "access.cli-password",
          actor: identity.actor,
          data: { username: user.username },
        }),
      );
      confirmed = {
        until: new Date(now.getTime() + passwordLife),
        user: user.username,
        permissions: rolePermissions[user.role],
      };
      return commandLine(cli);
    },
    logout: async (identity) => {
      if (identity.kind === "cli") {
        confirmed = undefined;
        return;
      }
      const id = identity.sessionId;
      if (id === null) {
        throw new ChiffonError("bad-input", "An API token has no session to end.", {
          hint: "To make it useless, revoke it: chiffon token revoke ID",
        });
      }
      const at = clock.now();
      await db.transaction().execute(async (tx) => {
        await revokeSessions(tx, { id }, at);
        await recordAudit(tx, { at, kind: "access.logout", actor: identity.actor, data: {} });
      });
    },
  };
}

/** The caller as it sees itself. */
export function describeMe(identity: Identity): Me {
  return {
    kind: identity.kind,
    name: identity.actor.name,
    permissions: Permission.options.filter((permission) => identity.permissions.has(permission)),
    passwordUntil: identity.password?.until.toISOString() ?? null,
  };
}
