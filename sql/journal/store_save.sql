-- Save the details of a store. They were fetched just now.
-- $1: store, $2: domain, $3: schema, $4: shop_id, $5: currency_code,
-- $6: iana_timezone, $7: plan, $8: scopes
INSERT INTO bulkpg.store (store, domain, schema, shop_id, currency_code,
                          iana_timezone, plan, scopes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (store) DO UPDATE
SET domain = excluded.domain, schema = excluded.schema,
    shop_id = excluded.shop_id, currency_code = excluded.currency_code,
    iana_timezone = excluded.iana_timezone, plan = excluded.plan,
    scopes = excluded.scopes, checked_at = excluded.checked_at
