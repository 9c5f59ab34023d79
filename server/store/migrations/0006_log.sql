-- Entries lie in the order in which they were written, so that a commit of many conversations' messages fills one page
-- after another instead of touching a page for each; what finds them is two indexes.

CREATE TABLE entry_log (
  position      INTEGER PRIMARY KEY, -- in the log; says nothing else
  conversation  INTEGER NOT NULL REFERENCES conversation (n),
  seq           INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  role          TEXT NOT NULL,
  sender        TEXT NOT NULL,
  name          TEXT NOT NULL,     -- of the sender, at that time
  client_id     TEXT,
  text          TEXT NOT NULL,
  body          TEXT,              -- JSON: what the kind adds
  at            INTEGER NOT NULL
);
INSERT INTO entry_log (conversation, seq, kind, role, sender, name, client_id, text, body, at)
  SELECT conversation, seq, kind, role, sender, name, client_id, text, body, at FROM entry ORDER BY at, conversation, seq;
DROP TABLE entry;
ALTER TABLE entry_log RENAME TO entry;
CREATE UNIQUE INDEX entry_place ON entry (conversation, seq);
CREATE UNIQUE INDEX entry_once ON entry (conversation, sender, client_id) WHERE client_id IS NOT NULL;
