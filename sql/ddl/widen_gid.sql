-- Change a column from the numbers of gids to whole gids.
ALTER TABLE {table} ALTER COLUMN {column} TYPE text USING {?prefix {prefix} || }{column}::text;
