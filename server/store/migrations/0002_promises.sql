-- What waiting visitors were promised and what became of it, what the estimate has learned, and messages left for later.

-- The first range told in one stay in line. `ended` NULL: still waiting.
CREATE TABLE promise (
  workspace     INTEGER NOT NULL REFERENCES workspace (id),
  conversation  TEXT NOT NULL,
  line_entry    INTEGER NOT NULL,
  department    TEXT NOT NULL,
  at            INTEGER NOT NULL,
  place         INTEGER NOT NULL,
  low_ms        INTEGER NOT NULL,  -- the range as it was shown
  high_ms       INTEGER NOT NULL,
  p50_ms        INTEGER NOT NULL,  -- the quantiles it was made from, not rounded
  p80_ms        INTEGER NOT NULL,
  ended         TEXT CHECK (ended IN ('assigned', 'left', 'closed', 'moved')),
  ended_at      INTEGER,
  realised_ms   INTEGER,           -- from `at` until somebody had it; NULL unless assigned
  PRIMARY KEY (conversation, line_entry)
) WITHOUT ROWID;
CREATE INDEX promise_age ON promise (workspace, at);

CREATE TABLE learned (
  workspace  INTEGER PRIMARY KEY REFERENCES workspace (id),
  body       TEXT NOT NULL,        -- JSON: what the estimate has learned
  at         INTEGER NOT NULL
);

-- 1: a message left for later, by a visitor who does not wait.
ALTER TABLE conversation ADD COLUMN left_message INTEGER NOT NULL DEFAULT 0;
