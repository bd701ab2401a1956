import type { ColumnType } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { Verb } from "../../contracts/vocabulary.ts";

type Time = ColumnType<Date, Date, Date>;

export interface LearnTables {
  learned_alias: {
    id: string;
    words: string;
    verb: Verb;
    unit_id: string;
    unit_sha256: string;
    rivals: string[];
    confirmations: number;
    always: boolean;
    learned_at: ColumnType<Date | null, Date | null, Date | null>;
    confirmed_by: ColumnType<Actor, string, string>;
    confirmed_at: Time;
  };
}
