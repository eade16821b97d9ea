SELECT count(*) FROM {only}{table}{?marked  WHERE _deleted_at IS NULL}
