import type { ColumnType } from "kysely";
import type { Actor } from "../../contracts/actor.ts";

export interface SecretTables {
  secret: {
    name: string;
    version: number;
    /** These four are null together: the secret was removed, its version is not used again. */
    key_id: string | null;
    nonce: Uint8Array | null;
    sealed: Uint8Array | null;
    digest: string | null;
    origin: SecretOrigin;
    service: string | null;
    changed_by: ColumnType<Actor, string, string>;
    changed_at: ColumnType<Date, Date, Date>;
    revealed_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  };
}

/** Who made the value: a person, or Chiffon because a playbook declares it with `generate=`. */
export type SecretOrigin = "set" | "generated";
