import type { ColumnType } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { RepositorySource } from "../../contracts/first-run.ts";

export interface RepositoryTables {
  repository: {
    name: string;
    source: Exclude<RepositorySource, "flag">;
    root: string | null;
    url: string | null;
    branch: string | null;
    commit: string | null;
    checkout: string | null;
    inventory: string | null;
    added_by: ColumnType<Actor, string, string>;
    added_at: ColumnType<Date, Date, Date>;
  };
}
