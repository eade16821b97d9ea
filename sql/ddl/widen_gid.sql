-- Numbers of ids become whole gids again.
ALTER TABLE {table} ALTER COLUMN {column} TYPE text USING {?prefix {prefix} || }{column}::text;
