-- Vectors of the playbooks' texts, by the model that made them. They can be made again at any time.

CREATE TABLE unit_embedding (
  embedder text NOT NULL,
  unit_id text NOT NULL,
  -- Of the text that the vector was made of.
  text_sha256 text NOT NULL,
  dimension integer NOT NULL CHECK (dimension > 0),
  -- 32-bit floats, little endian.
  vector bytea NOT NULL,
  made_at timestamptz NOT NULL,
  PRIMARY KEY (embedder, unit_id),
  CHECK (octet_length(vector) = 4 * dimension)
);

-- What people chose where a model had proposed something: how far its similarities can be trusted.
CREATE TABLE semantic_pair (
  request_id uuid NOT NULL REFERENCES request (id),
  step integer NOT NULL,
  embedder text NOT NULL,
  -- Of the nearest unit, which was chosen or not.
  similarity real NOT NULL,
  chosen boolean NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (request_id, step)
);
CREATE INDEX semantic_pair_embedder ON semantic_pair (embedder);
