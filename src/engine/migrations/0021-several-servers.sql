-- The server that an agent is connected to, for as long as it is: an identity is for one process, at whichever server.
ALTER TABLE agent ADD COLUMN connected_to uuid;

-- Where the server runs, for people: the machine and its data directory. Null: of a version that did not say.
ALTER TABLE replica ADD COLUMN name text;
