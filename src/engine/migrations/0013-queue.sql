-- The queue of tasks that wait for an agent: its order is fixed when the run is made, and read from an index.

ALTER TABLE task ADD COLUMN queue_at timestamptz;
-- Every step of priority counts as much as five minutes of waiting.
UPDATE task SET queue_at = run.created_at - run.priority * interval '5 minutes' FROM run WHERE run.id = task.run_id;
ALTER TABLE task ALTER COLUMN queue_at SET NOT NULL;

-- What else may work on its hosts meanwhile; null = nothing.
ALTER TABLE task ADD COLUMN parallel text CHECK (parallel IN ('service', 'read'));

DROP INDEX task_open;
CREATE INDEX task_open ON task (state, queue_at, run_id, step) WHERE state IN ('ready', 'leased', 'running');
CREATE INDEX task_unknown ON task (ended_at) WHERE state = 'unknown';
