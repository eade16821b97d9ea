-- Read the next rows of list_staged.sql.
FETCH 10000 FROM staged
