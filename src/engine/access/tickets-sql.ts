import { sql } from "kysely";
import type { Permission } from "../../contracts/access.ts";
import type { Database } from "../schema.ts";
import type { TicketHolder } from "./tickets.ts";

/** Sets and dates as JSON can hold them. */
export interface StoredHolder {
  readonly identity: Omit<TicketHolder["identity"], "permissions" | "password"> & {
    readonly permissions: readonly Permission[];
    readonly password: { readonly until: string; readonly user: string } | null;
  };
  readonly via: TicketHolder["via"];
}

/** False when so many are open. */
export async function insertTicket(
  db: Database,
  ticket: { sha256: string; holder: TicketHolder; expiresAt: Date; maxOpen: number },
): Promise<boolean> {
  const { identity, via } = ticket.holder;
  const holder = JSON.stringify({ identity: { ...identity, permissions: [...identity.permissions] }, via });
  const rows = await sql`
    INSERT INTO live_ticket (sha256, holder, expires_at)
    SELECT ${ticket.sha256}, ${holder}::jsonb, ${ticket.expiresAt}
    WHERE (SELECT count(*) FROM live_ticket) < ${ticket.maxOpen}
    RETURNING sha256
  `.execute(db);
  return rows.rows.length > 0;
}

/** Takes a ticket out: of two who come with it one gets it. */
export async function takeTicket(db: Database, sha256: string, now: Date): Promise<TicketHolder | undefined> {
  const row = await db
    .deleteFrom("live_ticket")
    .where("sha256", "=", sha256)
    .returning(["holder", "expires_at"])
    .executeTakeFirst();
  if (row === undefined || row.expires_at <= now) return undefined;
  const { identity, via } = row.holder;
  const { permissions, password } = identity;
  return {
    identity: {
      ...identity,
      permissions: new Set(permissions),
      password: password === null ? null : { ...password, until: new Date(password.until) },
    },
    via,
  };
}

export async function removeOldTickets(db: Database, now: Date): Promise<void> {
  await db.deleteFrom("live_ticket").where("expires_at", "<=", now).execute();
}
