-- How an attempt ended is null while nobody has said: an agent that fell silent has said nothing.

UPDATE attempt SET outcome = NULL WHERE outcome = 'unknown' AND resources IS NULL;
