-- Where each piece of output begins in the output of its run, so that a long log can be read from any place.

ALTER TABLE topic ADD COLUMN output_length bigint NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN output_from bigint;

UPDATE event SET output_from = placed.output_from
FROM (
  SELECT topic, seq,
         coalesce(sum((data ->> 'length')::bigint) OVER (
           PARTITION BY topic ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS output_from
  FROM event WHERE type = 'output'
) AS placed
WHERE event.topic = placed.topic AND event.seq = placed.seq;
UPDATE topic SET output_length = written.length
FROM (
  SELECT topic, sum((data ->> 'length')::bigint) AS length FROM event WHERE type = 'output' GROUP BY topic
) AS written
WHERE topic.name = written.topic;

CREATE INDEX event_output ON event (topic, output_from) WHERE output_from IS NOT NULL;
