-- What becomes of what visitors leave behind: erased when they ask for it, removed when it is old enough.

ALTER TABLE visitor ADD COLUMN erased_at INTEGER;                  -- from then on nobody is this visitor
ALTER TABLE visitor ADD COLUMN erasing INTEGER NOT NULL DEFAULT 0; -- 1: not all of it is gone yet
CREATE INDEX visitor_erasing ON visitor (id) WHERE erasing = 1;
CREATE INDEX visitor_email ON visitor (workspace, lower(email)) WHERE email <> '';
CREATE INDEX visitor_age ON visitor (workspace, seen_at);
CREATE INDEX conversation_age ON conversation (workspace, closed_at) WHERE state = 'closed';
