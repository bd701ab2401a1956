import type { ColumnType } from "kysely";

/** bigint columns are written as numbers; how they come back depends on the driver, so reads cast them. */
type Bigint = ColumnType<string | number | bigint, number, number>;

/** Rows of the append-only log, as written: unordered. */
export interface AuditRecordTable {
  /** Order of writing, with holes; made by the database. */
  arrival: ColumnType<string | number | bigint, undefined, never>;
  id: ColumnType<string, string, never>;
  /** RFC 8785 JSON of an `AuditRecordBody`, UTF-8. */
  body: ColumnType<Uint8Array, Uint8Array, never>;
  at: ColumnType<Date, Date, never>;
  kind: ColumnType<string, string, never>;
  actor_kind: ColumnType<string, string, never>;
  actor_name: ColumnType<string, string, never>;
  actor_id: ColumnType<string | null, string | null, never>;
  request_id: ColumnType<string | null, string | null, never>;
  plan_id: ColumnType<string | null, string | null, never>;
  run_id: ColumnType<string | null, string | null, never>;
  task_id: ColumnType<string | null, string | null, never>;
  services: ColumnType<string[] | null, string[] | null, never>;
  status: ColumnType<string | null, string | null, never>;
}

/** Which record has which number in the log. */
export interface AuditOrderTable {
  idx: Bigint;
  arrival: Bigint;
  leaf: Uint8Array;
}

export interface AuditCheckpointTable {
  size: Bigint;
  from_size: Bigint;
  root: Uint8Array;
  at: Date;
  note: string;
}

/** One row: where the sequencer stands. */
export interface AuditStateTable {
  one: ColumnType<boolean, never, never>;
  size: Bigint;
  range: Uint8Array;
  settled: Bigint;
}

export interface AuditTables {
  audit_record: AuditRecordTable;
  audit_order: AuditOrderTable;
  audit_checkpoint: AuditCheckpointTable;
  audit_state: AuditStateTable;
}
