-- Who cancelled a single task while it ran, and why: it is told to stop with every sign of life of its agent.

ALTER TABLE task ADD COLUMN cancel text;
