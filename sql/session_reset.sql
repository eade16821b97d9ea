-- Before a session is used again: remove what it was left with, also by a
-- trigger of a user. Settings are reset, too, so session.sql follows.
-- DISCARD ALL does the same, but only alone.
RESET SESSION AUTHORIZATION;
RESET ROLE;
RESET ALL;
CLOSE ALL;
UNLISTEN *;
DEALLOCATE ALL;
DISCARD TEMP;
DISCARD SEQUENCES;
SELECT pg_catalog.pg_advisory_unlock_all();
