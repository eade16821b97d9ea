-- First in the merge's transaction: its commit must be on disk, and so all
-- that was staged without waiting for that.
SET LOCAL synchronous_commit TO DEFAULT
