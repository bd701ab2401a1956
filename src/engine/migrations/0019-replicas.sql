-- Several servers on one database.

-- Which keys belong to this database: a server with others would sign what nobody believes, and read no secret.
CREATE TABLE installation (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- Ed25519, raw, base64: agents know the servers by it.
  server_key text NOT NULL,
  -- The key of the checkpoints as one line.
  audit_key text NOT NULL,
  -- HMAC with the key of the secrets over a text that everybody knows.
  secret_check text NOT NULL
);

-- The servers of this database; one per data directory. Who has not been seen for a while is gone.
CREATE TABLE replica (
  id uuid PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

-- Who is at work on it; what a server leaves half done is settled by the others.
ALTER TABLE request ADD COLUMN replica uuid;
ALTER TABLE message ADD COLUMN replica uuid;
ALTER TABLE plan_preview ADD COLUMN replica uuid;

-- Tickets that open one WebSocket each, at whichever server.
CREATE TABLE live_ticket (
  sha256 text PRIMARY KEY,
  -- {identity, via}
  holder jsonb NOT NULL,
  expires_at timestamptz NOT NULL
);
