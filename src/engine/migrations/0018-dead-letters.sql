-- Messages that no handler could take, for a person to see, to give out again or to throw away.

CREATE TABLE dead_letter (
  id uuid PRIMARY KEY,
  -- SHA-256 over queue and body: what dies again is the same letter.
  digest text NOT NULL UNIQUE,
  at timestamptz NOT NULL,
  queue text NOT NULL,
  reason text NOT NULL,
  -- Why it can never be given out again; null: it can.
  problem text,
  envelope jsonb,
  -- What it is instead of an envelope, cut off.
  body text NOT NULL,
  replayed_at timestamptz,
  replayed_by jsonb
);

CREATE INDEX dead_letter_at ON dead_letter (at DESC);
