-- Trust in the executable part of repositories, and previews of plans that nobody has approved yet.

CREATE TABLE repository_trust (
  repository text PRIMARY KEY,
  -- SHA-256 over names and contents of the files below.
  hash text NOT NULL,
  -- [{path, kinds, reasons, sha256, size, text}] as it was trusted: the next question shows what differs.
  files jsonb NOT NULL,
  trusted_by jsonb NOT NULL,
  trusted_at timestamptz NOT NULL,
  revoked_at timestamptz
);

CREATE TABLE plan_preview (
  plan_id uuid NOT NULL REFERENCES plan (id),
  step integer NOT NULL,
  -- Of this try; the attempt of Ansible has the same.
  id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('none', 'running', 'done', 'stopped', 'cancelled', 'unavailable')),
  reason text,
  hint text,
  held text CHECK (held IN ('sandbox', 'trust')),
  -- {tasks, counts, coverage, cut}
  result jsonb NOT NULL,
  started_by jsonb,
  started_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (plan_id, step)
);
CREATE INDEX plan_preview_running ON plan_preview (state) WHERE state = 'running';
