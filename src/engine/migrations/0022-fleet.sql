-- Ten thousand agents: who is free is read from indexes, and rows that are written all the time have room to change in place.

CREATE INDEX agent_executor ON agent (created_at, id)
  WHERE type = 'infra' AND status = 'online' AND revoked_at IS NULL AND 'ansible' = ANY (capabilities);
-- Those whose machine plans mean by "this machine": few of many.
CREATE INDEX agent_executor_here ON agent (created_at, id)
  WHERE type = 'infra' AND status = 'online' AND revoked_at IS NULL AND 'ansible' = ANY (capabilities)
    AND (signing_key IS NULL OR 'server-machine' = ANY (labels));
CREATE INDEX attempt_of_agent ON attempt (agent_id) WHERE state <> 'ended';

ALTER TABLE agent SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
