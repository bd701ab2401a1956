import { z } from "zod";
import { Id, Instant } from "./vocabulary.ts";

/**
 * What a person or token may do. `read`: see everything but secrets; `propose`: make requests and answer questions; `preview`: start read runs,
 * which look at hosts; `operate`: cancel; `approve`: approve and reject plans; `admin`: users, tokens, secrets, repositories.
 */
export const Permission = z.enum(["read", "propose", "preview", "operate", "approve", "admin"]);
export type Permission = z.infer<typeof Permission>;

export const Role = z.enum(["viewer", "operator", "approver", "admin"]);
export type Role = z.infer<typeof Role>;

const password = z
  .string()
  .min(10, "the password is too short: use 10 characters or more")
  .max(1_000, "the password is longer than 1,000 characters");
const userName = z
  .string()
  .regex(
    /^[a-z][a-z0-9._-]{0,63}$/,
    "a user name begins with a letter and has only a-z, 0-9, '.', '_' and '-'",
  );

/** Body of `POST /setup`: the first user, or a new password, by the code that the server printed. */
export const SetupBody = z.object({ code: z.string().max(200), username: userName, password });
export type SetupBody = z.infer<typeof SetupBody>;

export const LoginBody = z.object({ username: z.string().max(200), password: z.string().max(1_000) });
export type LoginBody = z.infer<typeof LoginBody>;

/** Body of `POST /users`: another user, by an admin. */
export const NewUser = z.object({ username: userName, password, role: Role });
export type NewUser = z.infer<typeof NewUser>;

/** Answer of `POST /users/{name}/reset`: a code to type at `POST /setup`, valid for 30 minutes and five tries. */
export const ResetCode = z.object({ code: z.string(), expiresAt: Instant });
export type ResetCode = z.infer<typeof ResetCode>;

/** Answer of set-up and login for programs; browsers use the cookie that comes with it. */
export const Session = z.object({ token: z.string(), user: z.string(), role: Role, expiresAt: Instant });
export type Session = z.infer<typeof Session>;

export const User = z
  .object({ id: Id, username: z.string(), role: Role, createdAt: Instant })
  .meta({ id: "User" });
export type User = z.infer<typeof User>;

export const Me = z.object({
  kind: z.enum(["user", "token", "cli"]),
  name: z.string(),
  permissions: z.array(Permission),
  /** For the command line on the server's machine: until when the typed password counts; null when it does not. */
  passwordUntil: Instant.nullable(),
});
export type Me = z.infer<typeof Me>;

export const NewToken = z.object({
  name: z.string().trim().min(1).max(100),
  permissions: z.array(Permission).min(1),
  /** Days until it expires, 1..366. */
  days: z.int().min(1).max(366).default(90),
});
export type NewToken = z.infer<typeof NewToken>;

export const Token = z
  .object({
    id: Id,
    name: z.string(),
    permissions: z.array(Permission),
    createdAt: Instant,
    expiresAt: Instant,
    lastUsedAt: Instant.nullable(),
  })
  .meta({ id: "Token" });
export type Token = z.infer<typeof Token>;

/** Shown once. */
export const CreatedToken = Token.extend({ token: z.string() });
export type CreatedToken = z.infer<typeof CreatedToken>;
