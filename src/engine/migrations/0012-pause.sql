-- Who paused a run and why: no further step of it begins until somebody resumes it.

ALTER TABLE run ADD COLUMN pause text;
