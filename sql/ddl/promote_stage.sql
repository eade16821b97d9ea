-- Turn staging into the table.
ALTER TABLE {stage} {drops: DROP COLUMN x, ...}, ADD COLUMN _loaded_at timestamptz DEFAULT {loaded_at}{?marks , ADD COLUMN _deleted_at timestamptz};
ALTER TABLE {stage} ALTER COLUMN _loaded_at DROP DEFAULT;
ALTER TABLE {stage} RENAME TO {name};
