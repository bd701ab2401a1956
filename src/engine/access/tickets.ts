import type { Clock } from "../../ports/clock.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Database } from "../schema.ts";
import { sha256, type Random } from "./credentials.ts";
import type { Identity } from "./roles.ts";
import { insertTicket, removeOldTickets, takeTicket } from "./tickets-sql.ts";

const lifetime = 30_000;
const maxOpen = 1_000;

export interface TicketHolder {
  readonly identity: Identity;
  readonly via: "cookie" | "bearer";
}

/** Tickets that open one WebSocket each, at any server of the database: a socket's address cannot carry a token safely. */
export interface Tickets {
  issue(holder: TicketHolder): Promise<{ readonly ticket: string; readonly expiresAt: Date }>;
  /** Whose ticket it was; it is used up by asking. */
  take(ticket: string): Promise<TicketHolder | undefined>;
}

export function createTickets({
  db,
  clock,
  random,
}: {
  db: Database;
  clock: Clock;
  random: Random;
}): Tickets {
  return {
    issue: async (holder) => {
      const at = clock.now();
      await removeOldTickets(db, at);
      const ticket = random(32).toString("base64url");
      const expiresAt = new Date(at.getTime() + lifetime);
      if (await insertTicket(db, { sha256: sha256(ticket), holder, expiresAt, maxOpen }))
        return { ticket, expiresAt };
      throw new ChiffonError("too-many-requests", "There are too many unused tickets for the live stream.", {
        hint: "Try again in 30 s; until then, poll.",
      });
    },
    take: (ticket) => takeTicket(db, sha256(ticket), clock.now()),
  };
}
