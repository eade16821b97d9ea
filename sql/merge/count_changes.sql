-- Count the rows that are new, and those that changed; and either those with the
-- same values, or those that were marked as gone.
SELECT count(*) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new{?by_value  AND NOT is_same}),
       {?by_value count(*) FILTER (WHERE NOT is_new AND is_same)}{?!by_value {?was_gone count(*) FILTER (WHERE was_gone)}{?!was_gone 0}}
FROM {changes}
