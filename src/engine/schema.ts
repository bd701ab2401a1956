import type { Kysely, Transaction } from "kysely";
import type { AccessTables } from "./access/tables.ts";
import type { AuditTables } from "./audit/tables.ts";
import type { BusTables } from "./bus/tables.ts";
import type { ConversationTables } from "./converse/tables.ts";
import type { CoreTables } from "./core-tables.ts";
import type { LearnTables } from "./learn/tables.ts";
import type { PreviewTables } from "./preview/tables.ts";
import type { RepositoryTables } from "./repositories/tables.ts";
import type { ReplicaTables } from "./replicas/tables.ts";
import type { SecretTables } from "./secrets/tables.ts";
import type { SemanticTables } from "./semantic/tables.ts";
import type { TrustTables } from "./trust/tables.ts";

/** All tables, each described beside the use cases that own it; the SQL lies in `migrations/`. */
export type Tables = CoreTables &
  AuditTables &
  AccessTables &
  SecretTables &
  SemanticTables &
  RepositoryTables &
  ReplicaTables &
  LearnTables &
  ConversationTables &
  TrustTables &
  PreviewTables &
  BusTables;
export type Database = Kysely<Tables>;
/** An open transaction: functions that take one do their part of the caller's change, or fail it. */
export type Tx = Transaction<Tables>;
