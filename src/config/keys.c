#include "config/keys.h"

#include <stddef.h>

#include "config/config.h"

#define IN_CONFIG(field) offsetof(struct config, field)
#define IN_TUNING(field) offsetof(struct config, tuning.field)
#define IN_STORE(field)  offsetof(struct store_config, field)

/* [database] */
const struct setting_key keys_database[] = {
    {"dsn", setting_text, IN_CONFIG(dsn), "",
     "Connection string as libpq reads it; empty: PG* variables, .pgpass, the service file."},
    {"password", setting_secret, IN_CONFIG(password), NULL,
     "Secret: the password of the database's user, if it is not in dsn or "
     ".pgpass."},
    {"connections", setting_connections, IN_CONFIG(connections), "1",
     "Connections that load one result, 1 to 64."},
    {"readers", setting_roles, IN_CONFIG(readers), "",
     "Roles that get USAGE and SELECT on everything that is made, separated by commas."},
    {"include", setting_text, IN_CONFIG(include), "",
     "Further files with stores, as a pattern: stores.d/*.ini."},
    {NULL, NULL, 0, NULL, NULL}};

/* [tuning] */
const struct setting_key keys_tuning[] = {
    {"poll_initial", setting_duration, IN_TUNING(poll_initial_ms), "1s",
     "Delay before the second look at an operation; it grows."},
    {"poll_max", setting_duration, IN_TUNING(poll_max_ms), "30s",
     "Longest delay between two looks."},
    {"retry_initial", setting_duration, IN_TUNING(retry_initial_ms), "500ms",
     "Delay before a request is tried again; it grows."},
    {"retry_max", setting_duration, IN_TUNING(retry_max_ms), "60s",
     "Longest delay between two tries."},
    {"retry_budget", setting_duration_or_zero, IN_TUNING(retry_budget_ms), "1h",
     "So long a class of request is tried without success; then 75."},
    {"stall_timeout", setting_duration, IN_TUNING(stall_timeout_ms), "60s",
     "No byte for so long ends a request; a database so silent is looked into."},
    {"request_timeout", setting_duration, IN_TUNING(request_timeout_ms), "60s",
     "Longest time for one API request, from its start to its whole answer."},
    {"ca_file", setting_text, IN_TUNING(ca_file), "",
     "File with the certificate authorities to trust; empty: the file that "
     "CURL_CA_BUNDLE or SSL_CERT_FILE names, else the system's."},
    {"max_rejects", setting_count, IN_TUNING(max_rejects), "100",
     "More rejected lines than these fail the run."},
    {"max_delete_fraction", setting_fraction, IN_TUNING(max_delete_fraction),
     "0.2",
     "A run that would remove a larger part of a table (over 100 rows) fails."},
    {"deadline", setting_duration_or_zero, IN_TUNING(deadline_ms), "0",
     "Age at which an operation of ours is canceled and the run fails; 0: none."},
    {"max_loads", setting_count, IN_TUNING(max_loads), "0",
     "Loads at once; 0: as many as the database has connections for, 16 "
     "at most."},
    {"journal_keep", setting_duration, IN_TUNING(journal_keep_ms), "400d",
     "Runs that ended longer ago are forgotten; the last of each job stays."},
    {"rejects_keep", setting_duration, IN_TUNING(rejects_keep_ms), "30d",
     "Rejected lines that are older are forgotten."},
    {NULL, NULL, 0, NULL, NULL}};

/* [store NAME], [store *] */
const struct setting_key keys_store[] = {
    {"enabled", setting_switch, IN_STORE(enabled), "yes",
     "no: the store is left out."},
    {"domain", setting_domain, IN_STORE(domain), NULL,
     "acme.myshopify.com, acme, or the address of the store's admin."},
    {"endpoint", setting_endpoint, IN_STORE(base_url), NULL,
     "Address instead of https://<domain>; plain http to this machine only. For tests."},
    {"api_version", setting_api_version, IN_STORE(api_version), "2026-10",
     "Version of the Admin API, 2026-01 or later."},
    {"schema", setting_schema, IN_STORE(schema), "%s",
     "Schema for the tables; %s is the store's name."},
    {"jobs", setting_jobs, IN_STORE(jobs), NULL,
     "Only these jobs, separated by commas; else all in queries/."},
    {"deletes", setting_deletes, IN_STORE(deletes), "hard",
     "hard, soft or keep: what happens to rows found gone, in tables of queries whose @deletes does not say it."},
    {"token", setting_secret, IN_STORE(token), NULL,
     "Secret: an access token that does not change."},
    {"client_id", setting_text_or_secret, IN_STORE(client_id), NULL,
     "The app, for tokens that bulkpg gets by itself."},
    {"client_secret", setting_secret, IN_STORE(client_secret), NULL,
     "Secret: the app's."},
    {"refresh_token", setting_secret_file, IN_STORE(refresh_token_file), NULL,
     "file:PATH with a rotating refresh token; the file is rewritten."},
    {NULL, NULL, 0, NULL, NULL}};
