-- Delete the rows of lines that were rejected after some of their rows had
-- been sent.
-- $1: numbers of the lines
DELETE FROM {stage} WHERE _line = ANY ($1::bigint[])
