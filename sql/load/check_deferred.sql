-- Check the deferred constraints now, as COMMIT would.
SET CONSTRAINTS ALL IMMEDIATE
