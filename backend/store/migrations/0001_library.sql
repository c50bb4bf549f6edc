-- Times are milliseconds since 1970 (UTC). JSON columns hold values as `store.values` writes them.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO meta VALUES ('sentinel', 'rushes');

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'ended')),
    started_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    deleted_at INTEGER,
    folder TEXT,
    sources TEXT,              -- what an unchanged import is recognised by
    picture TEXT,
    options TEXT NOT NULL,
    notes TEXT NOT NULL,
    film TEXT                  -- key of the version that plays
);
CREATE INDEX session_newest ON session (created_at DESC) WHERE deleted_at IS NULL;
CREATE INDEX session_sources ON session (sources) WHERE deleted_at IS NULL;

CREATE TABLE segment (
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (session, position)
) WITHOUT ROWID;

CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    status TEXT NOT NULL REFERENCES job_count (status),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),
    options TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt BETWEEN 0 AND max_attempts),
    max_attempts INTEGER NOT NULL,
    token TEXT,
    stage TEXT,
    fault TEXT,
    result TEXT NOT NULL DEFAULT '{}',
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    pause_requested INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER,
    went_with INTEGER,         -- the parent whose ending cancelled it
    units REAL,
    work_seconds REAL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    CHECK ((status = 'running') = (token IS NOT NULL))
);
CREATE UNIQUE INDEX job_active ON job (session, kind)
    WHERE status IN ('pending', 'queued', 'delayed', 'running', 'paused');
CREATE INDEX job_claim ON job (lane, priority, id) WHERE status = 'queued';
CREATE INDEX job_delayed ON job (not_before) WHERE status = 'delayed';
CREATE INDEX job_status ON job (status, id);
CREATE INDEX job_session ON job (session, id);

CREATE INDEX job_went_with ON job (went_with) WHERE went_with IS NOT NULL;

CREATE TABLE edge (
    parent INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    child INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    required INTEGER NOT NULL,
    PRIMARY KEY (parent, child)
) WITHOUT ROWID;
CREATE INDEX edge_child ON edge (child);

-- Counting a million rows takes a quarter of a second; keeping count takes microseconds.
CREATE TABLE job_count (
    status TEXT PRIMARY KEY,
    jobs INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO job_count (status) VALUES
    ('pending'), ('queued'), ('delayed'), ('running'), ('paused'),
    ('completed'), ('failed'), ('cancelled');
CREATE TRIGGER job_counted_in AFTER INSERT ON job BEGIN
    UPDATE job_count SET jobs = jobs + 1 WHERE status = NEW.status;
END;
CREATE TRIGGER job_counted_out AFTER DELETE ON job BEGIN
    UPDATE job_count SET jobs = jobs - 1 WHERE status = OLD.status;
END;
CREATE TRIGGER job_counted_over AFTER UPDATE OF status ON job WHEN OLD.status <> NEW.status BEGIN
    UPDATE job_count SET jobs = jobs - 1 WHERE status = OLD.status;
    UPDATE job_count SET jobs = jobs + 1 WHERE status = NEW.status;
END;

-- The moves that core.job allows, so that no statement, however wrong, can make another.
CREATE TABLE transition (
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (source, target)
) WITHOUT ROWID;
CREATE TRIGGER job_moves BEFORE UPDATE OF status ON job
WHEN OLD.status <> NEW.status
    AND NOT EXISTS (SELECT 1 FROM transition WHERE source = OLD.status AND target = NEW.status)
BEGIN
    SELECT RAISE(ABORT, 'a job cannot move that way');
END;

CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    session TEXT,
    job INTEGER,
    data TEXT NOT NULL
);

-- 'prepared' is written before a file gets its final name, 'final' after: whatever moment a kill
-- strikes, the row says which file is ours and whether it is whole.
CREATE TABLE artifact (
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    facts TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('prepared', 'final')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (session, key)
) WITHOUT ROWID;

CREATE TABLE rate (
    kind TEXT PRIMARY KEY,
    seconds REAL NOT NULL,
    units REAL NOT NULL
) WITHOUT ROWID;
