-- Ten thousand agents: who is free is read from indexes, and rows that are written all the time have room to change in place.

CREATE INDEX agent_executor ON agent (created_at, id)
  WHERE type = 'infra' AND status = 'online' AND revoked_at IS NULL AND 'ansible' = ANY (capabilities);
CREATE INDEX attempt_of_agent ON attempt (agent_id) WHERE state <> 'ended';

ALTER TABLE agent SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
