-- Secrets, encrypted; the key is a file outside the database and outside its backups.

CREATE TABLE secret (
  name text PRIMARY KEY,
  -- Grows with every change and is never used twice, not even after a removal: plans name the version that was approved.
  version integer NOT NULL,
  -- Which key file it was sealed with, so that a wrong one is told apart from damage.
  key_id text,
  nonce bytea,
  -- AES-256-GCM, tag at the end, bound to name and version. NULL: removed.
  sealed bytea,
  -- HMAC-SHA256 of the value, hexadecimal: answers "is it this one?" without the value.
  digest text,
  origin text NOT NULL CHECK (origin IN ('set', 'generated')),
  -- The service whose playbook asked for a generated value.
  service text,
  changed_by jsonb NOT NULL,
  changed_at timestamptz NOT NULL,
  revealed_at timestamptz,
  CHECK ((sealed IS NULL) = (nonce IS NULL) AND (sealed IS NULL) = (key_id IS NULL) AND (sealed IS NULL) = (digest IS NULL))
);
