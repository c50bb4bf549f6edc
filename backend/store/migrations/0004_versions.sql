-- When a player last asked for a version of a film: one that was replaced stays for as long as it is
-- watched.
ALTER TABLE artifact ADD COLUMN leased_at INTEGER;
