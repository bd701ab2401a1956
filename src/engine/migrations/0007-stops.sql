-- Steps before which a run stops, and the previews that it shows there. A preview is a run of its own.

ALTER TABLE run ADD COLUMN purpose text NOT NULL DEFAULT 'change' CHECK (purpose IN ('change', 'preview'));
-- Of a preview that has ended: SHA-256 of what it has shown; the second approval is bound to it.
ALTER TABLE run ADD COLUMN result_digest text;
-- An approval authorises exactly one run that changes something.
ALTER TABLE run DROP CONSTRAINT run_plan_id_key;
CREATE UNIQUE INDEX run_of_plan ON run (plan_id) WHERE purpose = 'change';

ALTER TABLE task ADD COLUMN stop text CHECK (stop IN ('ahead', 'waiting', 'approved'));
ALTER TABLE task ADD COLUMN preview_run_id uuid UNIQUE REFERENCES run (id);
-- What the second approval was given to.
ALTER TABLE task ADD COLUMN stop_hash text;

UPDATE run SET approval = approval || '{"stop_before": []}';

-- Plans from before say nothing about what their previews need.
UPDATE plan SET document = jsonb_set(document, '{steps}', (
  SELECT coalesce(jsonb_agg(step || '{"previewableAfter": []}' ORDER BY position), '[]')
  FROM jsonb_array_elements(document -> 'steps') WITH ORDINALITY AS each (step, position)));
