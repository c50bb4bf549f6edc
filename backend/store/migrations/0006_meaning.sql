-- What stretches of passages mean, as vectors. Made again from the passages whenever it is lost.
CREATE TABLE meant (
    -- Never used twice: whoever holds a vector in memory finds out that its row is gone.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    model TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX meant_of ON meant (session, kind);

-- Where passages have changed since their vectors were made; `change` counts how often.
CREATE TABLE meant_due (
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    change INTEGER NOT NULL,
    PRIMARY KEY (session, kind)
) WITHOUT ROWID;
INSERT INTO meant_due SELECT DISTINCT session, kind, 1 FROM passage;
CREATE TRIGGER passage_meant_in AFTER INSERT ON passage BEGIN
    INSERT INTO meant_due VALUES (NEW.session, NEW.kind, 1)
        ON CONFLICT DO UPDATE SET change = change + 1;
END;
CREATE TRIGGER passage_meant_out AFTER DELETE ON passage
WHEN EXISTS (SELECT 1 FROM session WHERE id = OLD.session) BEGIN
    INSERT INTO meant_due VALUES (OLD.session, OLD.kind, 1)
        ON CONFLICT DO UPDATE SET change = change + 1;
END;
