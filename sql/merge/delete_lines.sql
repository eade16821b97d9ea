-- Delete the rows of lines that were rejected after some of their rows had been
-- sent.
-- $1: the numbers of these lines
DELETE FROM {stage} WHERE _line = ANY ($1::bigint[])
