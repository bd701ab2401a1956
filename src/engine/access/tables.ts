import type { ColumnType } from "kysely";
import type { Permission, Role } from "../../contracts/access.ts";
import type { Actor } from "../../contracts/actor.ts";
import type { StoredHolder } from "./tickets-sql.ts";

type Time = ColumnType<Date, Date, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

export interface AccessTables {
  live_ticket: { sha256: string; holder: StoredHolder; expires_at: Time };
  app_user: {
    id: string;
    username: string;
    role: Role;
    password_hash: string;
    created_at: Time;
  };
  session: {
    id: string;
    token_sha256: string;
    user_id: string;
    created_at: Time;
    last_used_at: Time;
    expires_at: Time;
    revoked_at: NullableTime;
  };
  api_token: {
    id: string;
    name: string;
    token_sha256: string;
    permissions: Permission[];
    created_by: ColumnType<Actor, string, string>;
    created_at: Time;
    expires_at: Time;
    last_used_at: NullableTime;
    revoked_at: NullableTime;
  };
  idempotency: {
    identity: string;
    key: string;
    route: string;
    body_sha256: string;
    owner: string;
    state: "working" | "done";
    answer: ColumnType<unknown, string | null, string | null>;
    created_at: Time;
  };
}
