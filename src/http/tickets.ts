import { randomBytes } from "node:crypto";
import type { Identity } from "../engine/access/roles.ts";
import { ChiffonError } from "../domain/errors.ts";

const lifetime = 30_000;
const maxOpen = 1_000;

export interface TicketHolder {
  readonly identity: Identity;
  readonly via: "cookie" | "bearer";
}

/** Tickets that open one WebSocket each: a socket's address cannot carry a token safely. Kept in this process. */
export interface Tickets {
  issue(holder: TicketHolder): { readonly ticket: string; readonly expiresAt: Date };
  /** Whose ticket it was; it is used up by asking. */
  take(ticket: string): TicketHolder | undefined;
}

export function createTickets({ now }: { now: () => Date }): Tickets {
  const open = new Map<string, TicketHolder & { readonly expiresAt: Date }>();
  const dropOld = (at: Date): void => {
    for (const [ticket, entry] of open) if (entry.expiresAt <= at) open.delete(ticket);
  };
  return {
    issue: (holder) => {
      const at = now();
      dropOld(at);
      if (open.size >= maxOpen) {
        throw new ChiffonError(
          "too-many-requests",
          "There are too many unused tickets for the live stream.",
          {
            hint: "Try again in 30 s; until then, poll.",
          },
        );
      }
      const ticket = randomBytes(32).toString("base64url");
      const expiresAt = new Date(at.getTime() + lifetime);
      open.set(ticket, { ...holder, expiresAt });
      return { ticket, expiresAt };
    },
    take: (ticket) => {
      const entry = open.get(ticket);
      open.delete(ticket);
      return entry === undefined || entry.expiresAt <= now() ? undefined : entry;
    },
  };
}
