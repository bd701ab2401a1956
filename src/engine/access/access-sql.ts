import { sql } from "kysely";
import type { Permission, Role, Token, User } from "../../contracts/access.ts";
import type { Actor } from "../../contracts/actor.ts";
import type { Database, Tx } from "../schema.ts";

/** Any number will do that no other lock uses. */
const firstUserLock = 7_707_003;

export interface StoredUser {
  readonly id: string;
  readonly username: string;
  readonly role: Role;
  readonly password_hash: string;
  readonly created_at: Date;
}

export async function hasUsers(db: Database | Tx): Promise<boolean> {
  return (await db.selectFrom("app_user").select("id").limit(1).executeTakeFirst()) !== undefined;
}

export function findUser(db: Database | Tx, username: string): Promise<StoredUser | undefined> {
  return db.selectFrom("app_user").selectAll().where("username", "=", username).executeTakeFirst();
}

export async function listUsers(db: Database): Promise<User[]> {
  const rows = await db.selectFrom("app_user").selectAll().orderBy("username").execute();
  return rows.map(toUser);
}

export function toUser(row: StoredUser): User {
  return { id: row.id, username: row.username, role: row.role, createdAt: row.created_at.toISOString() };
}

/** False when the name is taken. */
export async function insertUser(tx: Tx, user: StoredUser): Promise<boolean> {
  const inserted = await tx
    .insertInto("app_user")
    .values(user)
    .onConflict((conflict) => conflict.column("username").doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Lets only one transaction at a time decide whether it makes the first user. */
export async function lockFirstUser(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${firstUserLock}::bigint)`.execute(tx);
}

export async function updatePassword(tx: Tx, userId: string, hash: string): Promise<void> {
  await tx.updateTable("app_user").set({ password_hash: hash }).where("id", "=", userId).execute();
}

export interface NewSession {
  readonly id: string;
  readonly tokenSha256: string;
  readonly userId: string;
  readonly at: Date;
  readonly expiresAt: Date;
}

export async function insertSession(tx: Tx, session: NewSession): Promise<void> {
  await tx
    .insertInto("session")
    .values({
      id: session.id,
      token_sha256: session.tokenSha256,
      user_id: session.userId,
      created_at: session.at,
      last_used_at: session.at,
      expires_at: session.expiresAt,
    })
    .execute();
  // Sessions that ended long ago are of no use to anyone.
  const old = new Date(session.at.getTime() - 30 * 86_400_000);
  await tx.deleteFrom("session").where("expires_at", "<", old).execute();
}

export type SessionSelector =
  | { readonly id: string }
  | { readonly tokenSha256: string }
  | { readonly userId: string };

export async function revokeSessions(tx: Tx, which: SessionSelector, at: Date): Promise<void> {
  const update = tx.updateTable("session").set({ revoked_at: at }).where("revoked_at", "is", null);
  if ("id" in which) await update.where("id", "=", which.id).execute();
  else if ("userId" in which) await update.where("user_id", "=", which.userId).execute();
  else await update.where("token_sha256", "=", which.tokenSha256).execute();
}

export interface LiveSession {
  readonly id: string;
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  readonly lastUsedAt: Date;
}

/** A session that is neither revoked nor older than its end, with its user. */
export async function findSession(
  db: Database,
  which: { readonly id: string } | { readonly tokenSha256: string },
  limits: { readonly now: Date; readonly usedAfter: Date },
): Promise<LiveSession | undefined> {
  const query = db
    .selectFrom("session")
    .innerJoin("app_user", "app_user.id", "session.user_id")
    .select([
      "session.id",
      "app_user.id as userId",
      "app_user.username",
      "app_user.role",
      "session.last_used_at as lastUsedAt",
    ])
    .where("session.revoked_at", "is", null)
    .where("session.expires_at", ">", limits.now)
    .where("session.last_used_at", ">", limits.usedAfter);
  return "id" in which
    ? query.where("session.id", "=", which.id).executeTakeFirst()
    : query.where("session.token_sha256", "=", which.tokenSha256).executeTakeFirst();
}

export async function touchSession(db: Database, id: string, at: Date): Promise<void> {
  await db.updateTable("session").set({ last_used_at: at }).where("id", "=", id).execute();
}

export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly permissions: Permission[];
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
}

const tokenColumns = ["id", "name", "permissions", "created_at", "expires_at", "last_used_at"] as const;

export function toToken(row: StoredToken): Token {
  return {
    id: row.id,
    name: row.name,
    permissions: row.permissions,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

export function findToken(
  db: Database,
  which: { readonly id: string } | { readonly tokenSha256: string },
  now: Date,
): Promise<StoredToken | undefined> {
  const query = db
    .selectFrom("api_token")
    .select(tokenColumns)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now);
  return "id" in which
    ? query.where("id", "=", which.id).executeTakeFirst()
    : query.where("token_sha256", "=", which.tokenSha256).executeTakeFirst();
}

/** Not revoked; expired ones too, so that people see why a program stopped working. */
export async function listTokens(db: Database): Promise<Token[]> {
  const rows = await db
    .selectFrom("api_token")
    .select(tokenColumns)
    .where("revoked_at", "is", null)
    .orderBy("created_at", "desc")
    .orderBy("id")
    .execute();
  return rows.map(toToken);
}

export async function insertToken(
  tx: Tx,
  token: StoredToken & { readonly tokenSha256: string; readonly createdBy: Actor },
): Promise<void> {
  await tx
    .insertInto("api_token")
    .values({
      id: token.id,
      name: token.name,
      token_sha256: token.tokenSha256,
      permissions: token.permissions,
      created_by: JSON.stringify(token.createdBy),
      created_at: token.created_at,
      expires_at: token.expires_at,
    })
    .execute();
}

export async function revokeToken(tx: Tx, id: string, at: Date): Promise<{ name: string } | undefined> {
  return tx
    .updateTable("api_token")
    .set({ revoked_at: at })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .returning("name")
    .executeTakeFirst();
}

export async function touchToken(db: Database, id: string, at: Date): Promise<void> {
  await db.updateTable("api_token").set({ last_used_at: at }).where("id", "=", id).execute();
}
