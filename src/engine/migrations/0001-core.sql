-- Requests, plans, runs, tasks, attempts, their events, and the bus's outbox and inbox.

CREATE TABLE request (
  id uuid PRIMARY KEY,
  text text NOT NULL,
  priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 5),
  high_value boolean NOT NULL,
  status text NOT NULL CHECK (status IN ('parsing', 'needs_clarification', 'planned', 'failed')),
  intents jsonb NOT NULL,
  questions jsonb NOT NULL,
  problem jsonb,
  plan_id uuid,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX request_created ON request (created_at DESC);

CREATE TABLE plan (
  id uuid PRIMARY KEY,
  request_id uuid NOT NULL REFERENCES request (id),
  revision integer NOT NULL,
  state text NOT NULL CHECK (state IN ('draft', 'proposed', 'approved', 'rejected', 'superseded', 'expired', 'stale')),
  reason text,
  hash text NOT NULL,
  summary text NOT NULL,
  risk text NOT NULL,
  -- What people see (steps, notes, reasons) and what the hash covers (manifests), both fixed when the plan is made.
  document jsonb NOT NULL,
  manifests jsonb NOT NULL,
  approval jsonb,
  run_id uuid,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (request_id, revision)
);
CREATE INDEX plan_state ON plan (state, created_at DESC);

CREATE TABLE run (
  id uuid PRIMARY KEY,
  -- An approval authorises exactly one run.
  plan_id uuid NOT NULL UNIQUE REFERENCES plan (id),
  plan_hash text NOT NULL,
  request_text text NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled', 'unknown')),
  reason text,
  priority smallint NOT NULL,
  cancel_requested boolean NOT NULL DEFAULT false,
  approval jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz
);
CREATE INDEX run_created ON run (created_at DESC);
CREATE INDEX run_open ON run (state) WHERE state IN ('queued', 'running', 'paused', 'unknown');

CREATE TABLE task (
  id uuid PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES run (id),
  plan_id uuid NOT NULL REFERENCES plan (id),
  step integer NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'ready', 'leased', 'running', 'succeeded', 'failed', 'cancelled', 'unknown', 'skipped')),
  reason text,
  name text NOT NULL,
  unit_id text NOT NULL,
  hosts text[] NOT NULL,
  services text[] NOT NULL,
  after integer[] NOT NULL,
  condition jsonb,
  changed boolean NOT NULL DEFAULT false,
  skip_cause text CHECK (skip_cause IN ('condition', 'dependency')),
  not_before timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  UNIQUE (run_id, step)
);
CREATE INDEX task_open ON task (state) WHERE state IN ('ready', 'leased', 'running');
CREATE INDEX task_unit ON task (unit_id, ended_at DESC) WHERE state = 'succeeded';

-- Fence numbers only ever grow, whoever hands them out.
CREATE SEQUENCE fence;

CREATE TABLE attempt (
  task_id uuid NOT NULL REFERENCES task (id),
  number integer NOT NULL,
  fence bigint NOT NULL UNIQUE,
  agent_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('leased', 'running', 'ended')),
  outcome text CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'unknown')),
  exit_code integer,
  error jsonb,
  recap jsonb,
  resources jsonb,
  leased_at timestamptz NOT NULL,
  lease_until timestamptz NOT NULL,
  -- The start record: committed before anything is spawned.
  started_at timestamptz,
  ended_at timestamptz,
  -- How much of the attempt's output and progress is stored: repeats are dropped by these.
  output_length bigint NOT NULL DEFAULT 0,
  progress_count bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (task_id, number)
);
CREATE INDEX attempt_open ON attempt (lease_until) WHERE state <> 'ended';

CREATE TABLE ansible_task (
  task_id uuid NOT NULL,
  attempt integer NOT NULL,
  key text NOT NULL,
  position integer NOT NULL,
  name text NOT NULL,
  module text NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (task_id, attempt, key)
);

CREATE TABLE host_result (
  task_id uuid NOT NULL,
  attempt integer NOT NULL,
  key text NOT NULL,
  host text NOT NULL,
  status text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  message text,
  PRIMARY KEY (task_id, attempt, key, host)
);

-- One row per topic: locking it orders the events of the topic and leaves no gap.
CREATE TABLE topic (
  name text PRIMARY KEY,
  last_seq bigint NOT NULL
);
CREATE TABLE event (
  topic text NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  type text NOT NULL,
  data json NOT NULL,
  PRIMARY KEY (topic, seq)
);

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text NOT NULL,
  envelope jsonb NOT NULL,
  available_at timestamptz NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  dead boolean NOT NULL DEFAULT false,
  last_error text
);
CREATE INDEX outbox_waiting ON outbox (available_at, id) WHERE NOT dead;
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.01);

CREATE TABLE inbox (
  message_id uuid PRIMARY KEY,
  at timestamptz NOT NULL
);
CREATE INDEX inbox_at ON inbox (at);

CREATE TABLE agent (
  id uuid PRIMARY KEY,
  type text NOT NULL,
  name text NOT NULL,
  status text NOT NULL CHECK (status IN ('online', 'offline')),
  reason text,
  capabilities text[] NOT NULL,
  version text NOT NULL,
  metrics jsonb,
  running_tasks uuid[] NOT NULL,
  last_seen_at timestamptz,
  created_at timestamptz NOT NULL
);

-- SSH host keys that a person accepted; one known_hosts line each.
CREATE TABLE host_key (
  address text NOT NULL,
  port integer NOT NULL,
  line text NOT NULL,
  fingerprint text NOT NULL,
  accepted_by jsonb NOT NULL,
  accepted_at timestamptz NOT NULL,
  PRIMARY KEY (address, port, line)
);
