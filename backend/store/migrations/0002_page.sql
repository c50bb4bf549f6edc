-- Where the owner stopped watching, in milliseconds of film.
ALTER TABLE session ADD COLUMN watched_ms INTEGER NOT NULL DEFAULT 0;

-- The newest merge of a session says what state its film is in: lists filter by it.
CREATE INDEX job_merge ON job (session, id DESC) WHERE kind = 'merge';
