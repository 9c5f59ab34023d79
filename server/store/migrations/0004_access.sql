-- Who did what and may do what: the audit log, logins that can be told apart, identities that sites vouch for.

CREATE TABLE audit (
  number    INTEGER PRIMARY KEY,   -- 1, 2, 3 … without a gap
  at        INTEGER NOT NULL,
  actor     TEXT NOT NULL,         -- a_…, v_…, 'owner' (the command line), 'system', '' (nobody known)
  action    TEXT NOT NULL,
  target    TEXT NOT NULL,
  detail    TEXT NOT NULL,         -- JSON; never a body, a password or a token
  previous  BLOB NOT NULL,         -- hash of the row before; empty for the first
  hash      BLOB NOT NULL          -- SHA-256 of all that stands before it
);
CREATE INDEX audit_at ON audit (at);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
-- REPLACE would delete without the trigger above.
CREATE TRIGGER audit_goes_on BEFORE INSERT ON audit
  WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;

-- A login, as its owner sees it in a list of them.
ALTER TABLE token ADD COLUMN id TEXT NOT NULL DEFAULT '';       -- l_…: names the login without being a credential
ALTER TABLE token ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN address TEXT NOT NULL DEFAULT '';  -- shortened
ALTER TABLE token ADD COLUMN client TEXT NOT NULL DEFAULT '';   -- what it called itself
UPDATE token SET id = 'l_' || lower(hex(randomblob(11))), used_at = created_at;

-- What a site signs its visitors' identities with. The newest is the current one; an older one is good until `until`.
CREATE TABLE site_secret (
  workspace  INTEGER NOT NULL REFERENCES workspace (id),
  site       TEXT NOT NULL,
  number     INTEGER NOT NULL,
  secret     BLOB NOT NULL,
  made_at    INTEGER NOT NULL,
  until      INTEGER,              -- NULL: the current one
  PRIMARY KEY (workspace, site, number)
) WITHOUT ROWID;

-- What the site vouched for beside the subject: JSON.
ALTER TABLE visitor ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
-- The visitor's tokens are numbered. This is the highest that was used, and older ones that are good for a while: JSON,
-- pairs of a number and a time.
ALTER TABLE visitor ADD COLUMN token_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE visitor ADD COLUMN tokens_ending TEXT NOT NULL DEFAULT '[]';
CREATE INDEX visitor_subject ON visitor (workspace, site, subject) WHERE subject IS NOT NULL;

-- What the visitor thought of it.
ALTER TABLE conversation ADD COLUMN score INTEGER CHECK (score BETWEEN 1 AND 5);
ALTER TABLE conversation ADD COLUMN comment TEXT NOT NULL DEFAULT '';
