-- The audit log. Records are written once, unordered, by the transaction whose change they record; one sequencer gives
-- the committed ones their numbers, extends the Merkle tree and signs checkpoints.

CREATE SEQUENCE audit_arrival;

CREATE TABLE audit_record (
  -- Place in the order of writing, with holes where transactions were rolled back. The transaction gets its own id
  -- before it draws the number: the sequencer relies on it to know when no smaller number can still be committed.
  arrival bigint PRIMARY KEY
    DEFAULT nextval(CASE WHEN pg_current_xact_id() IS NOT NULL THEN 'audit_arrival'::regclass END),
  id uuid NOT NULL UNIQUE,
  -- The RFC 8785 JSON as UTF-8: what the tree seals. The columns beside it repeat parts of it for queries.
  body bytea NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  actor_kind text NOT NULL,
  actor_name text NOT NULL,
  actor_id text,
  request_id uuid,
  plan_id uuid,
  run_id uuid,
  task_id uuid,
  services text[],
  status text
);
ALTER SEQUENCE audit_arrival OWNED BY audit_record.arrival;
CREATE INDEX audit_record_at ON audit_record (at DESC, arrival DESC);
CREATE INDEX audit_record_task ON audit_record (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX audit_record_run ON audit_record (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX audit_record_status ON audit_record (status, at DESC) WHERE status IS NOT NULL;
CREATE INDEX audit_record_services ON audit_record USING gin (services) WHERE services IS NOT NULL;

-- The number of each record in the log, and its leaf hash in the tree.
CREATE TABLE audit_order (
  idx bigint PRIMARY KEY,
  arrival bigint NOT NULL UNIQUE,
  leaf bytea NOT NULL CHECK (length(leaf) = 32)
);

CREATE TABLE audit_checkpoint (
  size bigint PRIMARY KEY,
  -- Size of the checkpoint before: this one sealed the records from_size to size - 1.
  from_size bigint NOT NULL UNIQUE CHECK (from_size < size),
  root bytea NOT NULL CHECK (length(root) = 32),
  at timestamptz NOT NULL,
  note text NOT NULL
);

-- What the sequencer needs to go on; the only part of the log that is ever updated.
CREATE TABLE audit_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  size bigint NOT NULL,
  -- Subtree hashes of the tree of this size, 32 bytes each, the largest subtree first.
  range bytea NOT NULL,
  -- Every record up to this arrival has its number, or never came.
  settled bigint NOT NULL
);
INSERT INTO audit_state (size, range, settled) VALUES (0, '', 0);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % of % is refused', lower(TG_OP), TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', HINT = 'Write a new record instead.';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_order
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
-- Also while a session replays changes as a replica does.
ALTER TABLE audit_record ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit_order ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER append_only;
