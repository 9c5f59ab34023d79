-- What happened to one conversation, in the order in which it happened: the answer to "why?".

ALTER TABLE event ADD COLUMN conversation TEXT;   -- NULL for what concerns no single conversation

UPDATE event SET conversation = COALESCE(body ->> '$.conversation', body ->> '$.offer.conversation');

CREATE INDEX event_conversation ON event (conversation, v, n) WHERE conversation IS NOT NULL;
