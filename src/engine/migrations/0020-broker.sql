-- Whether an agent's messages go over RabbitMQ, as it said when it connected last.
ALTER TABLE agent ADD COLUMN broker boolean NOT NULL DEFAULT false;
