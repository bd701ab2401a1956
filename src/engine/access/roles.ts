import type { Permission, Role } from "../../contracts/access.ts";
import type { Actor } from "../../contracts/actor.ts";
import { ChiffonError } from "../../domain/errors.ts";

/** What each role may do. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ["read"],
  operator: ["read", "propose", "preview", "operate"],
  approver: ["read", "propose", "preview", "operate", "approve"],
  admin: ["read", "propose", "preview", "operate", "approve", "admin"],
};

/** What the command line on the server's own machine may do before a password was typed. */
export const cliPermissions: readonly Permission[] = ["read", "propose", "preview", "operate", "approve"];

/** Who calls, as proved by a session, an API token or the command line's token. */
export interface Identity {
  readonly kind: "user" | "token" | "cli";
  readonly actor: Actor;
  readonly permissions: ReadonlySet<Permission>;
  /** False for the command line until a password was typed: then it may approve only risk <= R1. */
  readonly strong: boolean;
  /** Distinguishes identities for kept answers and limits: `user:<id>`, `token:<id>`, `cli`. */
  readonly key: string;
  readonly sessionId: string | null;
  /** For the command line: until when the typed password counts, and whose it was. */
  readonly password: { readonly until: Date; readonly user: string } | null;
}

/**
 * What a route asks of its caller: a permission, or `public` (nobody in particular), `signed-in` (anyone who has proved who
 * they are), `recover` (an admin, or whoever can read the server's own files and so is its owner anyway).
 */
export type AccessRule = Permission | "public" | "signed-in" | "recover";

export type AccessDecision = "allowed" | "not-signed-in" | "not-allowed";

/** The one place that decides who may do what. */
export function decideAccess(identity: Identity | undefined, rule: AccessRule): AccessDecision {
  if (rule === "public") return "allowed";
  if (identity === undefined) return "not-signed-in";
  switch (rule) {
    case "signed-in":
      return "allowed";
    case "recover":
      return identity.kind === "cli" || identity.permissions.has("admin") ? "allowed" : "not-allowed";
    case "read":
    case "propose":
    case "preview":
    case "operate":
    case "approve":
    case "admin":
      return identity.permissions.has(rule) ? "allowed" : "not-allowed";
    default:
      return rule satisfies never;
  }
}

/** Throws `not-signed-in` or `not-allowed` unless `decideAccess` allows it. */
export function authorize(identity: Identity | undefined, rule: AccessRule): void {
  const decision = decideAccess(identity, rule);
  switch (decision) {
    case "allowed":
      return;
    case "not-signed-in":
      throw new ChiffonError(
        "not-signed-in",
        "This needs to know who you are, and no valid session or token came with it.",
        {
          hint: "Sign in, or send an API token: Authorization: Bearer chf_…",
        },
      );
    case "not-allowed":
      throw notAllowed(identity, rule);
    default:
      decision satisfies never;
  }
}

function notAllowed(identity: Identity | undefined, rule: AccessRule): ChiffonError {
  if (identity?.kind === "cli" && rule === "admin") {
    return new ChiffonError(
      "not-allowed",
      "On the server's own machine this needs the password of an admin.",
      {
        hint: "Run the command in a terminal, where it asks for the password, or use the API token of an admin.",
      },
    );
  }
  const who = identity?.actor.name ?? "nobody";
  return new ChiffonError("not-allowed", `${who} may not do this: the permission "${rule}" is missing.`, {
    hint: "Ask an admin for a role or an API token that has it.",
  });
}
