-- The first schema. Times are whole milliseconds since 1970 UTC. Ids that clients see are TEXT; inner keys are INTEGER.

CREATE TABLE installation (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  epoch   TEXT NOT NULL,           -- changes when history is not the one clients have read (restore)
  secret  BLOB NOT NULL            -- key of the visitors' tokens
);

CREATE TABLE workspace (
  id        INTEGER PRIMARY KEY,
  key       TEXT NOT NULL UNIQUE,
  settings  TEXT NOT NULL,         -- JSON: [workspace] of workspace.toml
  v         INTEGER NOT NULL,      -- version of the routing state; every engine commit adds one
  counters  TEXT NOT NULL          -- JSON: the router's counters
);

-- One configured record: a site, department, agent or rule as workspace.toml has it.
CREATE TABLE setting (
  workspace  INTEGER NOT NULL REFERENCES workspace (id),
  kind       TEXT NOT NULL CHECK (kind IN ('site', 'department', 'agent', 'rule')),
  key        TEXT NOT NULL,
  id         TEXT NOT NULL UNIQUE, -- d_…, a_…: never reused
  position   INTEGER NOT NULL,     -- order in the file
  body       TEXT NOT NULL,        -- JSON
  PRIMARY KEY (workspace, kind, key)
);

CREATE TABLE account (
  agent      TEXT PRIMARY KEY,     -- a_…
  workspace  INTEGER NOT NULL REFERENCES workspace (id),
  email      TEXT NOT NULL UNIQUE, -- lower case
  password   TEXT,                 -- Argon2id; NULL = cannot log in
  disabled   INTEGER NOT NULL DEFAULT 0,
  revocation INTEGER NOT NULL DEFAULT 0  -- tokens made under a smaller number are void
);

CREATE TABLE token (
  hash        BLOB PRIMARY KEY,    -- SHA-256 of the token
  agent       TEXT NOT NULL REFERENCES account (agent),
  revocation  INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
);
CREATE INDEX token_agent ON token (agent);

CREATE TABLE visitor (
  id          TEXT PRIMARY KEY,    -- v_…
  workspace   INTEGER NOT NULL REFERENCES workspace (id),
  site        TEXT NOT NULL,
  name        TEXT NOT NULL,
  email       TEXT NOT NULL,
  language    TEXT NOT NULL,
  timezone    TEXT NOT NULL,
  subject     TEXT,                -- verified identity (JWT sub)
  visits      INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  seen_at     INTEGER NOT NULL
);

CREATE TABLE conversation (
  n           INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  workspace   INTEGER NOT NULL REFERENCES workspace (id),
  site        TEXT NOT NULL,
  visitor     TEXT NOT NULL REFERENCES visitor (id),
  department  TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('bot', 'waiting', 'offered', 'active', 'closed')),
  owner       TEXT,                -- the agent responsible; of a closed one: who last had it
  key_at      INTEGER NOT NULL,    -- place in line: smaller is served first …
  arrival     INTEGER NOT NULL,    -- … then the earlier arrival
  entered_at  INTEGER NOT NULL,    -- into the line
  assign_no   INTEGER NOT NULL,
  version     INTEGER NOT NULL,    -- v of the last routing change
  entries     INTEGER NOT NULL,    -- number of the last entry
  notes       INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  closed_at   INTEGER,
  language    TEXT NOT NULL,
  page        TEXT NOT NULL,       -- JSON: url, title, referrer
  form        TEXT NOT NULL,       -- JSON
  tags        TEXT NOT NULL,       -- JSON
  outcome     TEXT,
  decision    TEXT,                -- JSON: why its agent got it
  routing     TEXT                 -- JSON: the router's record; NULL once the router has let go
);
CREATE INDEX conversation_open ON conversation (workspace, state) WHERE state <> 'closed';
CREATE INDEX conversation_routed ON conversation (workspace) WHERE routing IS NOT NULL;
CREATE INDEX conversation_line ON conversation (department, key_at, arrival, entered_at)
  WHERE state IN ('waiting', 'offered');
CREATE INDEX conversation_visitor ON conversation (visitor, n);

CREATE TABLE entry (
  conversation  INTEGER NOT NULL REFERENCES conversation (n),
  seq           INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  role          TEXT NOT NULL,
  sender        TEXT NOT NULL,
  name          TEXT NOT NULL,     -- of the sender, at that time
  client_id     TEXT,
  text          TEXT NOT NULL,
  body          TEXT,              -- JSON: what the kind adds
  at            INTEGER NOT NULL,
  PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX entry_once ON entry (conversation, sender, client_id) WHERE client_id IS NOT NULL;

CREATE TABLE note (
  conversation  INTEGER NOT NULL REFERENCES conversation (n),
  seq           INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  role          TEXT NOT NULL,
  sender        TEXT NOT NULL,
  name          TEXT NOT NULL,
  client_id     TEXT,
  text          TEXT NOT NULL,
  body          TEXT,
  at            INTEGER NOT NULL,
  PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX note_once ON note (conversation, sender, client_id) WHERE client_id IS NOT NULL;

CREATE TABLE agent_state (
  agent      TEXT PRIMARY KEY,
  workspace  INTEGER NOT NULL REFERENCES workspace (id),
  status     TEXT NOT NULL,
  record     TEXT NOT NULL         -- JSON: the router's record
);

CREATE TABLE hold (
  workspace     INTEGER NOT NULL REFERENCES workspace (id),
  agent         TEXT NOT NULL,
  conversation  TEXT NOT NULL,
  kind          TEXT NOT NULL CHECK (kind IN ('offer', 'active', 'wrap_up')),
  cost          INTEGER NOT NULL CHECK (cost > 0),
  until         INTEGER,
  PRIMARY KEY (agent, conversation)
) WITHOUT ROWID;
-- One owner: no conversation is active with two agents.
CREATE UNIQUE INDEX hold_owner ON hold (conversation) WHERE kind = 'active';

CREATE TABLE offer (
  id            TEXT PRIMARY KEY,
  workspace     INTEGER NOT NULL REFERENCES workspace (id),
  conversation  TEXT NOT NULL,
  agent         TEXT NOT NULL,
  soft          INTEGER NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'taken', 'declined', 'missed', 'withdrawn')),
  made_at       INTEGER NOT NULL,
  expires_at    INTEGER,
  transfer_from TEXT,              -- the agent who keeps the conversation while this rings
  auto          INTEGER NOT NULL,
  ended_at      INTEGER,
  reason        TEXT NOT NULL DEFAULT '',
  decision      TEXT NOT NULL      -- JSON: why this agent
) WITHOUT ROWID;
CREATE INDEX offer_conversation ON offer (conversation);
CREATE INDEX offer_pending ON offer (agent) WHERE state = 'pending';

CREATE TABLE event (
  workspace  INTEGER NOT NULL,
  v          INTEGER NOT NULL,
  n          INTEGER NOT NULL,     -- order inside one commit
  kind       TEXT NOT NULL,
  body       TEXT NOT NULL,        -- JSON
  at         INTEGER NOT NULL,
  PRIMARY KEY (workspace, v, n)
) WITHOUT ROWID;

-- First outcome of a request that named itself, so that a resend gets the same answer.
CREATE TABLE request (
  sender     TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  verb       TEXT NOT NULL,
  digest     BLOB NOT NULL,        -- of the request's content: another content under the same name is a conflict
  outcome    TEXT NOT NULL,        -- JSON
  at         INTEGER NOT NULL,
  keep       INTEGER NOT NULL,     -- 1 = for ever, 0 = 24 hours
  PRIMARY KEY (sender, client_id)
) WITHOUT ROWID;
CREATE INDEX request_age ON request (at) WHERE keep = 0;
