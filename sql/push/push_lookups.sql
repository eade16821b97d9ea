-- The statements of this transaction look up single rows of large tables. Their
-- plans must not depend on statistics, because the rows were just added.
SELECT set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true)
