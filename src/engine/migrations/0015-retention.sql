-- Output and events are kept for a time and up to a size; what was removed stays recorded on the run and on its topic.

-- Bytes that the run's events take in the database; null until they were counted, after its end.
ALTER TABLE run ADD COLUMN kept_bytes bigint;
-- {at, reason, bytes}: when its output and events were removed, by which rule, and how much that was.
ALTER TABLE run ADD COLUMN removed jsonb;
CREATE INDEX run_not_counted ON run (ended_at) WHERE kept_bytes IS NULL AND state IN ('succeeded', 'failed', 'cancelled');
CREATE INDEX run_kept ON run (ended_at) WHERE removed IS NULL AND state IN ('succeeded', 'failed', 'cancelled');

-- Events up to this number were removed: who asks for them is told so.
ALTER TABLE topic ADD COLUMN removed_through bigint NOT NULL DEFAULT 0;
ALTER TABLE topic ADD COLUMN removed jsonb;
-- Rows that were removed by word and are still to be deleted.
ALTER TABLE topic ADD COLUMN purging boolean NOT NULL DEFAULT false;
CREATE INDEX topic_purging ON topic (name) WHERE purging;
