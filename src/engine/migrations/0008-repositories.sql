-- Repositories that were added while the server ran; those given at its start stand in no table.

CREATE TABLE repository (
  name text PRIMARY KEY,
  source text NOT NULL CHECK (source IN ('path', 'git', 'example')),
  -- Of a folder.
  root text,
  -- Of a clone: where it comes from, and its folder below `repositories` in the data directory. A pull makes a new folder.
  url text,
  branch text,
  commit text,
  checkout text UNIQUE,
  inventory text,
  added_by jsonb NOT NULL,
  added_at timestamptz NOT NULL,
  CHECK ((source = 'path') = (root IS NOT NULL)),
  CHECK ((source = 'git') = (url IS NOT NULL AND commit IS NOT NULL AND checkout IS NOT NULL))
);
