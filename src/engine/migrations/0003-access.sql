-- Users, their sessions, API tokens, and the kept answers of repeated writes.

CREATE TABLE app_user (
  id uuid PRIMARY KEY,
  username text NOT NULL UNIQUE,
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'admin')),
  -- argon2id in PHC form.
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE session (
  id uuid PRIMARY KEY,
  -- SHA-256 in hexadecimal; the value itself is known to the client only.
  token_sha256 text NOT NULL UNIQUE,
  user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX session_by_user ON session (user_id) WHERE revoked_at IS NULL;
CREATE INDEX session_by_end ON session (expires_at);

CREATE TABLE api_token (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  token_sha256 text NOT NULL UNIQUE,
  permissions text[] NOT NULL,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz
);

CREATE TABLE idempotency (
  -- Who sent it: a key means nothing to other identities.
  identity text NOT NULL,
  key text NOT NULL,
  route text NOT NULL,
  body_sha256 text NOT NULL,
  -- The server process that works on it; another one may take it over after a crash.
  owner uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('working', 'done')),
  -- Null when the answer holds a secret, which is not kept.
  answer jsonb,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (identity, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);
