CREATE TABLE document (
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('made', 'edited')),
    model TEXT,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (session, kind, version)
);

-- What is searched: the newest version of each document, in passages, and titles. Made again from
-- them whenever it is lost.
CREATE TABLE passage (
    id INTEGER PRIMARY KEY,
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX passage_of ON passage (session, kind);
CREATE VIRTUAL TABLE passage_words USING fts5 (
    text, content = 'passage', content_rowid = 'id',
    tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
CREATE TRIGGER passage_in AFTER INSERT ON passage BEGIN
    INSERT INTO passage_words (rowid, text) VALUES (NEW.id, NEW.text);
END;
CREATE TRIGGER passage_out AFTER DELETE ON passage BEGIN
    INSERT INTO passage_words (passage_words, rowid, text) VALUES ('delete', OLD.id, OLD.text);
END;

INSERT INTO passage (session, kind, start_ms, end_ms, text)
    SELECT id, 'title', 0, 0, title FROM session;
CREATE TRIGGER session_titled AFTER INSERT ON session BEGIN
    INSERT INTO passage (session, kind, start_ms, end_ms, text)
        VALUES (NEW.id, 'title', 0, 0, NEW.title);
END;
CREATE TRIGGER session_renamed AFTER UPDATE OF title ON session WHEN OLD.title <> NEW.title BEGIN
    DELETE FROM passage WHERE session = NEW.id AND kind = 'title';
    INSERT INTO passage (session, kind, start_ms, end_ms, text)
        VALUES (NEW.id, 'title', 0, 0, NEW.title);
END;
