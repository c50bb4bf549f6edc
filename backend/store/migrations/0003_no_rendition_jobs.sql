-- Films for pages without H.264 are made while they are watched, no longer by jobs.
DELETE FROM artifact WHERE kind = 'rendition';
DELETE FROM job WHERE kind = 'rendition';
