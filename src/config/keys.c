#include "config/keys.h"

#include <stddef.h>

#include "config/config.h"

#define IN_CONFIG(field)  offsetof(struct config, field)
#define IN_TUNING(field)  offsetof(struct config, tuning.field)
#define IN_ARCHIVE(field) offsetof(struct config, archive.field)
#define IN_PRIVACY(field) offsetof(struct config, privacy.field)
#define IN_STORE(field)   offsetof(struct store_config, field)

/* [database] */
const struct setting_key keys_database[] = {
    {"dsn", setting_text, IN_CONFIG(dsn), "",
     "A libpq connection string. If empty, libpq uses the PG* variables, pg_service.conf and .pgpass."},
    {"password", setting_secret, IN_CONFIG(password), NULL,
     "Secret: the password, if neither dsn nor .pgpass contains it."},
    {"connections", setting_connections, IN_CONFIG(connections), "1",
     "Database connections that load one result, 1 to 64; at least 3 if a round trip to the database takes 20 ms or more, and it has room for them."},
    {"readers", setting_roles, IN_CONFIG(readers), "",
     "Roles that get USAGE and SELECT on everything that bulkpg creates, separated by commas."},
    {"include", setting_text, IN_CONFIG(include), "",
     "Further files with [store NAME] sections, as a pattern: stores.d/*.ini."},
    {NULL, NULL, 0, NULL, NULL}};

/* [tuning] */
const struct setting_key keys_tuning[] = {
    {"poll_initial", setting_duration, IN_TUNING(poll_initial_ms), "1s",
     "First delay between two polls of an operation. It grows up to poll_max."},
    {"poll_max", setting_duration, IN_TUNING(poll_max_ms), "30s",
     "Longest delay between two polls."},
    {"retry_initial", setting_duration, IN_TUNING(retry_initial_ms), "500ms",
     "Delay before a request is retried. It grows up to retry_max."},
    {"retry_max", setting_duration, IN_TUNING(retry_max_ms), "60s",
     "Longest delay between two tries."},
    {"retry_budget", setting_duration_or_zero, IN_TUNING(retry_budget_ms), "1h",
     "How long requests of one kind are retried without success. The job then ends with status 75."},
    {"stall_timeout", setting_duration, IN_TUNING(stall_timeout_ms), "60s",
     "A request fails if no byte arrives for this long. If nothing arrives from the database for this long, bulkpg checks the connection."},
    {"request_timeout", setting_duration, IN_TUNING(request_timeout_ms), "60s",
     "Longest time for one API request, from its start to its complete answer."},
    {"ca_file", setting_text, IN_TUNING(ca_file), "",
     "File with the certificate authorities to trust. If empty: the file that "
     "CURL_CA_BUNDLE or SSL_CERT_FILE names, else the system's."},
    {"max_rejects", setting_count, IN_TUNING(max_rejects), "100",
     "A run with more rejects fails."},
    {"max_delete_fraction", setting_fraction, IN_TUNING(max_delete_fraction),
     "0.2",
     "A run fails if it would remove a larger part of a table that has more than 100 rows."},
    {"deadline", setting_duration_or_zero, IN_TUNING(deadline_ms), "0",
     "bulkpg cancels an operation that is older than this, and its run fails. 0: never."},
    {"max_loads", setting_count, IN_TUNING(max_loads), "0",
     "How many loads run at once. 0: as many as the database has free "
     "connections for, at most 16."},
    {"compare_memory", setting_size, IN_TUNING(compare_bytes), "64MB",
     "Memory for the hashes of rows, shared by all loads: 12 bytes per row. With them a full run sends only the rows that changed. Units: kB, MB, GB. 0: a full run sends all rows."},
    {"journal_keep", setting_duration, IN_TUNING(journal_keep_ms), "400d",
     "How long the journal keeps finished runs. It always keeps the last run of each job."},
    {"rejects_keep", setting_duration, IN_TUNING(rejects_keep_ms), "30d",
     "How long the journal keeps rejects."},
    {"push_keep", setting_duration, IN_TUNING(push_keep_ms), "30d",
     "How long the journal keeps the rows of pushes, which may contain customers' data. The rows of a push are kept as long as the outcome of one of them is not known, or the store's last answer about one of them was a refusal."},
    {NULL, NULL, 0, NULL, NULL}};

/* [archive] */
const struct setting_key keys_archive[] = {
    {"dir", setting_text, IN_ARCHIVE(directory), "",
     "A folder that gets a compressed copy of each result, for bulkpg load JOB --archive RUN_ID. It is created if it does not exist. If empty, results are not archived."},
    {"keep", setting_duration, IN_ARCHIVE(keep_ms), "30d",
     "How long results stay in the archive, from the end of their run."},
    {NULL, NULL, 0, NULL, NULL}};

/* [privacy] */
const struct setting_key keys_privacy[] = {
    {"key", setting_secret, IN_PRIVACY(key), NULL,
     "Secret: the key of @mask(how: HASH). It must stay the same, and without it nobody can find out which value a hash belongs to. Use a random text of at least 16 bytes, for example from openssl rand -hex 32."},
    {NULL, NULL, 0, NULL, NULL}};

/* [store NAME], [store *] */
const struct setting_key keys_store[] = {
    {"enabled", setting_switch, IN_STORE(enabled), "yes",
     "no: bulkpg ignores the store."},
    {"domain", setting_domain, IN_STORE(domain), NULL,
     "The store: acme.myshopify.com, acme, or the address of its admin."},
    {"endpoint", setting_endpoint, IN_STORE(base_url), NULL,
     "For tests: an address that replaces https://<domain>. Plain http is allowed only for loopback addresses."},
    {"api_version", setting_api_version, IN_STORE(api_version), "2026-10",
     "Version of the Admin API, 2026-01 or later."},
    {"schema", setting_schema, IN_STORE(schema), "%s",
     "Schema for the tables. %s is replaced by the store's name."},
    {"jobs", setting_jobs, IN_STORE(jobs), NULL,
     "Run only these jobs, separated by commas, instead of all in queries/."},
    {"every", setting_duration, IN_STORE(every_ms), "24h",
     "For bulkpg run --due: how old the last good run of a job may be before it runs again. @every(age:) in a query overrides this."},
    {"deletes", setting_deletes, IN_STORE(deletes), "hard",
     "For rows that no longer exist at the store: hard deletes them, soft sets their _deleted_at, keep keeps them. @deletes(mode:) in a query overrides this."},
    {"page", setting_page_of_store, IN_STORE(page), "250",
     "For queries with @paged: rows per page, 1 to 250. @paged(first:) in a query overrides this."},
    {"concurrency", setting_concurrency, IN_STORE(concurrency), "4",
     "For queries with @paged: how many requests may be in flight at once, 1 to 64."},
    {"share", setting_share, IN_STORE(share), "0.8",
     "For queries with @paged: the part of the store's rate limit that bulkpg uses, more than 0 and at most 1. It leaves the rest to other apps."},
    {"token", setting_secret, IN_STORE(token), NULL,
     "Secret: an access token that does not change."},
    {"client_id", setting_text_or_secret, IN_STORE(client_id), NULL,
     "The app's client id. With client_secret, bulkpg gets its tokens itself."},
    {"client_secret", setting_secret, IN_STORE(client_secret), NULL,
     "Secret: the app's client secret."},
    {"refresh_token", setting_secret_file, IN_STORE(refresh_token_file), NULL,
     "file:PATH of a refresh token. Each use gives a new one, and bulkpg rewrites the file."},
    {"webhook_secret", setting_secret, IN_STORE(webhook_secret), NULL,
     "Secret: what the store signs its webhooks with. Those of an app are signed with client_secret; set this beside token, or for webhooks that were made in the store's admin. If both are set, both are valid."},
    {NULL, NULL, 0, NULL, NULL}};

/* [source NAME] */
const struct setting_key keys_source[] = {
    {"enabled", setting_switch, IN_STORE(enabled), "yes",
     "no: bulkpg ignores the source."},
    {"preset", setting_preset, IN_STORE(preset), NULL,
     "The kind of API: github, saleor, linear or infrahub. It sets the defaults of the other keys."},
    {"url", setting_text, IN_STORE(base_url), NULL,
     "Address of the API. Plain http is allowed only for loopback addresses. {branch} is replaced by the value of branch."},
    {KEYS_HEADER, setting_text, 0, NULL,
     "A header of each request: header.Authorization = Bearer env:TOKEN. If the last word is env:NAME, file:PATH or cred:NAME, bulkpg replaces it with the secret. bulkpg sends the headers only to the host of url."},
    {"branch", setting_text, IN_STORE(branch), "main",
     "Branch of the data: replaces {branch} in url. For another branch, write another section."},
    {"schema_file", setting_file, IN_STORE(types_file), NULL,
     "File with the API's types, if it does not allow introspection: an introspection result, or type definitions (SDL)."},
    {"schema", setting_schema, IN_STORE(schema), NULL,
     "Schema for the tables. Default: the name of the source."},
    {"jobs", setting_jobs, IN_STORE(jobs), NULL,
     "Run these jobs, separated by commas, instead of all in queries/NAME/. Their files may also be in queries/."},
    {"every", setting_duration, IN_STORE(every_ms), "24h",
     "For bulkpg run --due: how old the last good run of a job may be before it runs again. @every(age:) in a query overrides this."},
    {"deletes", setting_deletes, IN_STORE(deletes), "hard",
     "For rows that no longer exist at the API: hard deletes them, soft sets their _deleted_at, keep keeps them. @deletes(mode:) in a query overrides this."},
    {"page", setting_page, IN_STORE(page), NULL,
     "Rows per page, 1 to 5000. Default: that of the preset, or 100. @paged(first:) in a query overrides this."},
    {"concurrency", setting_concurrency, IN_STORE(concurrency), NULL,
     "How many requests may be in flight at once, 1 to 64. Default: that of the preset, or 4."},
    {"share", setting_share, IN_STORE(share), NULL,
     "The part of the API's rate limit that bulkpg uses, more than 0 and at most 1. It leaves the rest to other programs. Default: 0.8."},
    {NULL, NULL, 0, NULL, NULL}};
