-- Agents on other machines: invitations, their keys, and which tasks only the server's own machine may do.

CREATE TABLE agent_invite (
  id uuid PRIMARY KEY,
  -- The beginning of the code: it finds the invitation whose tries a wrong code uses up.
  hint text NOT NULL UNIQUE,
  code_hash text NOT NULL,
  agent_type text NOT NULL,
  labels text[] NOT NULL,
  tries_left smallint NOT NULL,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- The agent that came with it.
  used_by uuid
);

-- Null keys: an agent inside a server's own process.
ALTER TABLE agent ADD COLUMN signing_key text;
ALTER TABLE agent ADD COLUMN sealing_key text;
ALTER TABLE agent ADD COLUMN labels text[] NOT NULL DEFAULT '{}';
-- Which start of the agent's process was connected last, and from where.
ALTER TABLE agent ADD COLUMN instance uuid;
ALTER TABLE agent ADD COLUMN address text;
ALTER TABLE agent ADD COLUMN enrolled_at timestamptz;
ALTER TABLE agent ADD COLUMN revoked_at timestamptz;

-- Something of it runs on the machine that Ansible runs on.
ALTER TABLE task ADD COLUMN here boolean NOT NULL DEFAULT false;

-- SHA-256 of the attempt's whole output, as its agent signed it.
ALTER TABLE attempt ADD COLUMN output_sha256 text;
