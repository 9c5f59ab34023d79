-- Bots: records of the settings like agents, the tokens they dial in with, and what they have or had.

CREATE TABLE setting_of_more_kinds (
  workspace  INTEGER NOT NULL REFERENCES workspace (id),
  kind       TEXT NOT NULL CHECK (kind IN ('site', 'department', 'agent', 'bot', 'rule')),
  key        TEXT NOT NULL,
  id         TEXT NOT NULL UNIQUE, -- d_…, a_…, b_…: never reused
  position   INTEGER NOT NULL,     -- order in the file
  body       TEXT NOT NULL,        -- JSON
  PRIMARY KEY (workspace, kind, key)
);
INSERT INTO setting_of_more_kinds (workspace, kind, key, id, position, body)
  SELECT workspace, kind, key, id, position, body FROM setting;
DROP TABLE setting;
ALTER TABLE setting_of_more_kinds RENAME TO setting;

CREATE TABLE bot_token (
  hash        BLOB PRIMARY KEY,    -- SHA-256 of the token
  id          TEXT NOT NULL UNIQUE, -- t_…: names the token without being a credential
  workspace   INTEGER NOT NULL REFERENCES workspace (id),
  bot         TEXT NOT NULL,       -- b_…
  label       TEXT NOT NULL,       -- what its owner calls it
  created_at  INTEGER NOT NULL,
  used_at     INTEGER,             -- NULL: never
  expires_at  INTEGER,             -- NULL: never
  revoked_at  INTEGER
) WITHOUT ROWID;
CREATE INDEX bot_token_bot ON bot_token (bot);

-- The bot that has or had it. Its `owner` is the agent or bot responsible.
ALTER TABLE conversation ADD COLUMN bot TEXT;
-- 1: a try-out of the bot from the settings page. It goes to no people and counts nowhere.
ALTER TABLE conversation ADD COLUMN trial INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversation_bot ON conversation (bot, closed_at) WHERE bot IS NOT NULL;
