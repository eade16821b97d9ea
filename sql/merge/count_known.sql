-- How many rows the table has that a full run may find unchanged; -1: it has
-- rows marked as gone that the run would not mark.
(SELECT {?marks count(*)}{?!marks {?marked CASE WHEN count(_deleted_at) > 0 THEN -1 ELSE count(*) END}{?!marked count(*)}}
 FROM {only}{table}{?marks  WHERE _deleted_at IS NULL})
