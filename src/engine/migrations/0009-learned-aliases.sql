-- What people meant by words that named no unit, as far as they have confirmed it by approving a plan.

CREATE TABLE learned_alias (
  id uuid PRIMARY KEY,
  -- The words of the wish, evened out, without verb, hosts and values.
  words text NOT NULL CHECK (length(words) BETWEEN 1 AND 300),
  verb text NOT NULL,
  unit_id text NOT NULL,
  -- The unit's content when it was chosen: another content means nothing any more.
  unit_sha256 text NOT NULL,
  -- The units that were offered beside it.
  rivals text[] NOT NULL,
  confirmations integer NOT NULL CHECK (confirmations > 0),
  -- A person said that it holds from now on.
  always boolean NOT NULL,
  -- Null while it is only counted.
  learned_at timestamptz,
  confirmed_by jsonb NOT NULL,
  confirmed_at timestamptz NOT NULL,
  UNIQUE (words, verb)
);
