-- What people and Chiffon say to each other, and which request came out of it.

CREATE TABLE conversation (
  id uuid PRIMARY KEY,
  title text NOT NULL,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX conversation_updated ON conversation (updated_at DESC, id);

CREATE TABLE message (
  id uuid PRIMARY KEY,
  conversation_id uuid NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  -- The order inside a conversation: its row is locked while one is written.
  position bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL,
  sender text NOT NULL CHECK (sender IN ('person', 'chiffon')),
  author text NOT NULL,
  text text NOT NULL,
  request_id uuid REFERENCES request (id)
);
CREATE INDEX message_conversation ON message (conversation_id, position DESC);

-- A conversation can be deleted; what was asked for in it stays.
ALTER TABLE request ADD COLUMN conversation_id uuid REFERENCES conversation (id) ON DELETE SET NULL;
CREATE INDEX request_conversation ON request (conversation_id, created_at DESC) WHERE conversation_id IS NOT NULL;
