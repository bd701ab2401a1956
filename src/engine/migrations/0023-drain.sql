-- Agents that a person lets take no new work. What they run goes on.
ALTER TABLE agent ADD COLUMN draining_since timestamptz;
