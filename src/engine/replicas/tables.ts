import type { ColumnType } from "kysely";

export interface ReplicaTables {
  installation: {
    one: ColumnType<boolean, undefined, never>;
    server_key: string;
    audit_key: string;
    secret_check: string;
  };
  replica: {
    id: string;
    seen_at: ColumnType<Date, Date, Date>;
    /** Where it runs, for people; null: of a version that did not say. */
    name: ColumnType<string | null, string | undefined, string>;
  };
}
