-- The SELECT of a push cannot write, and sees one state of the database.
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY
