import type { ColumnType } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { ExecutableFile } from "../../contracts/trust.ts";

/** A file as it was trusted; `text` is null for what is no text or too large to keep. */
export interface KeptFile extends ExecutableFile {
  readonly text: string | null;
}

export interface TrustTables {
  repository_trust: {
    repository: string;
    hash: string;
    files: ColumnType<KeptFile[], string, string>;
    trusted_by: ColumnType<Actor, string, string>;
    trusted_at: ColumnType<Date, Date, Date>;
    revoked_at: ColumnType<Date | null, Date | null, Date | null>;
  };
}
