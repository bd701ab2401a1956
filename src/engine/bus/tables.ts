import type { ColumnType } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { Envelope } from "../../contracts/agent-protocol.ts";

export interface BusTables {
  dead_letter: {
    id: string;
    digest: string;
    at: ColumnType<Date, Date, Date>;
    queue: string;
    reason: string;
    problem: string | null;
    envelope: ColumnType<Envelope | null, string | null, string | null>;
    body: string;
    replayed_at: ColumnType<Date | null, null, Date | null>;
    replayed_by: ColumnType<Actor | null, null, string | null>;
  };
}
