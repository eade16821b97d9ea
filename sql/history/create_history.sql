-- Create the table of versions, with the rows' key and the time from which a
-- version is valid as its key.
CREATE TABLE {history} (
    {columns},
    _valid_from timestamptz NOT NULL,
    _valid_to timestamptz
);
ALTER TABLE {history} ADD CONSTRAINT {key_name} PRIMARY KEY ({keys: x, ...}, _valid_from);
COMMENT ON TABLE {history} IS {comment};
COMMENT ON COLUMN {history}._valid_from IS 'when the run that wrote this version began to load';
COMMENT ON COLUMN {history}._valid_to IS 'when the next version began, or a run no longer found the row; NULL: valid now';
