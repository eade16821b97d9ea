#include "command/commands.h"

#define JOB_TEXT                                                         \
    "JOB is the name of a query in queries/, or a path if it contains\n" \
    "\"/\" or ends in .graphql.\n"

static const struct command all[] = {
    {OF_INIT, "init", "[DIR]", "write bulkpg.ini and a first query",
     command_init, 0, 1,
     "Creates DIR, by default the current folder, with bulkpg.ini, a first\n"
     "query in queries/, and the files that let an editor check queries.\n"
     "Files that already exist are not changed. With --add, init only copies\n"
     "ready queries: those for Shopify into queries/, and one such as\n"
     "github/issues into queries/github/, the folder of a source of that\n"
     "name. With --store S, it copies them into queries/S/. A ready mutation,\n"
     "such as prices, goes into mutations/ together with its SELECT.\n"
     "With --metafields, init asks the store which metafields it defines,\n"
     "and adds each of them to the queries, as a column of its type. The\n"
     "store is the only one in bulkpg.ini, or that of --store.\n"},
    {OF_CHECK, "check", "",
     "check configuration, access, queries and mutations", command_check, 0, 0,
     "Checks the configuration, the stores' credentials and scopes, the\n"
     "database, every query and every mutation. Prints a line for each: ok,\n"
     "warn or error, with a suggested fix. To find missing scopes and hidden\n"
     "fields, check sends each query to the store, but asks only for the\n"
     "first row of each connection. If a query is read page by page, check\n"
     "tries one page.\n"
     "--store may be given more than once.\n"
     "Creates the journal if it does not exist, and saves the stores' types\n"
     "in it; changes no other table.\n"},
    {OF_PLAN, "plan", "JOB", "show the document to submit and the tables",
     command_plan, 1, 1,
     "Shows the document that a run of JOB would submit, the tables as SQL,\n"
     "and what would change in the database. Lists tables of the job that\n"
     "its query no longer uses. If the query is read page by page, plan\n"
     "lists the requests, level by level, with their points and rows, and\n"
     "how long 10,000 rows take at the server's rate.\n"
     "If JOB is a mutation, plan shows what push would send: the mutation,\n"
     "the variable that each column fills, how many rows are new, changed,\n"
     "unchanged or invalid, and the first lines. It sends nothing.\n"
     "Creates the journal if it does not exist, and saves the store's types\n"
     "in it; changes no other table. With --types, plan uses\n"
     "neither the store nor the database.\n" JOB_TEXT},
    {OF_RUN, "run", "[JOB...]", "fetch from the stores and load", command_run,
     0, -1,
     "Runs the jobs of all enabled stores, or only the named jobs, in\n"
     "parallel. A query with @incremental fetches what changed since its\n"
     "last run, and everything from time to time.\n"
     "If a job fails, the others continue. After any failure, run it again:\n"
     "it resumes what it can.\n"
     "With --ids, run fetches exactly the roots whose ids are in FILE, one id\n"
     "per line. It replaces the rows below them, and removes roots that no\n"
     "longer exist. It neither moves the watermark nor affects other runs.\n"
     "With --due, run takes the jobs whose last good run is older than their\n"
     "age: @every in the query, or every in bulkpg.ini. A job that failed is\n"
     "tried again after retry_max.\n"
     "With --dry-run, run does everything but the commit: it shows how many\n"
     "rows it would insert, update and remove, and some of their ids, and\n"
     "changes no table. If a table must be created or changed first, it prints\n"
     "these statements and asks the store for nothing.\n"
     "--store may be given more than once.\n" JOB_TEXT},
    {OF_LOAD, "load", "JOB FILE|-", "load a saved result", command_load, 1, 2,
     "Loads FILE, or standard input, as a full result of JOB: rows that it\n"
     "does not contain are removed. If the query is @incremental, only\n"
     "children of the rows in FILE are removed, unless --full is given. Files\n"
     "that gzip or zstd compressed are decompressed. load compares the lines\n"
     "with FILE.meta.json, which run --keep writes, or with --objects. It\n"
     "refuses the result of another query.\n"
     "Instead of FILE, --archive loads the archived results of a run, and\n"
     "--operation the result of a bulk operation that another program\n"
     "started.\n" JOB_TEXT},
    {OF_PUSH, "push", "JOB... | --undo ID | --settle ID applied|failed",
     "send rows to the stores by mutations", command_push, 0, -1,
     "Executes the mutation in mutations/JOB.graphql for each row that the\n"
     "SELECT in mutations/JOB.sql returns. push checks all rows before it\n"
     "sends the first one, and sends only rows that changed. The outcome of\n"
     "each row is in bulkpg.push_row and in the job's result table.\n"
     "After a failure, run push again. It finds out what the store did, and\n"
     "executes no row twice. If the outcome of a row is not known, --retry\n"
     "unknown sends the row again, and --settle decides about it. --undo\n"
     "sends the values that a push replaced. --store may be given more than\n"
     "once.\n"},
    {OF_LISTEN, "listen", "", "receive webhooks, and fetch what changed",
     command_listen, 0, 0,
     "Receives the webhooks of all stores by HTTP, until it gets SIGTERM or\n"
     "SIGINT. A proxy such as nginx or Caddy accepts them by HTTPS and passes\n"
     "them on. Each webhook says that an object has changed. listen records it\n"
     "in bulkpg.event, and fetches the object for the jobs that load such\n"
     "objects, two seconds later.\n"
     "A webhook must be signed with the store's client_secret or\n"
     "webhook_secret. It is answered with 200 after it has been committed, and\n"
     "with 503 if the database cannot take it; the store then sends it again.\n"
     "The path may name the store: /STORE. GET /health is for monitoring.\n"},
    {OF_HOOKS, "hooks", "[list | subscribe URL | remove | test TOPIC]",
     "manage the stores' webhooks for bulkpg listen", command_hooks, 0, 2,
     "subscribe lets the stores send webhooks to URL, the public https address\n"
     "of bulkpg listen: for every topic that the stores' queries need, and for\n"
     "bulk operations that end. Run it again after queries were added, or with\n"
     "another URL. It changes only what is necessary, and only what hooks has\n"
     "created. remove deletes what subscribe has created. list, or no argument,\n"
     "shows each topic: subscribed, needed (not subscribed yet), missing (the\n"
     "store has deleted it; listen restores it), unneeded, or other (not\n"
     "created by hooks).\n"
     "test sends a signed sample of TOPIC, such as products/update, to bulkpg\n"
     "listen on this machine, and shows its answer. It needs no store, no\n"
     "database and no public address.\n"
     "--store may be given more than once.\n"},
    {OF_STATUS, "status", "", "show the last run of each store and job",
     command_status, 0, 0,
     "Shows the last run of each store and job, the operations that are\n"
     "running, and the last push of each mutation job. With --failed or\n"
     "--older-than the exit status is 69 if a job is listed. --metrics\n"
     "replaces FILE in one step, for the textfile collector of\n"
     "node_exporter.\n"},
    {OF_CANCEL, "cancel", "[JOB...]", "cancel running operations",
     command_cancel, 0, -1,
     "Cancels the running bulk operations of the named jobs, or of all\n"
     "jobs, and stops runs that read pages, and pushes. Operations that are\n"
     "not in this journal are not affected.\n" JOB_TEXT},
    {OF_TYPES, "types", "--store S", "print a store's GraphQL types",
     command_types, 0, 0,
     "Prints the store's types that are saved in the journal, as an\n"
     "introspection result for plan --types and load --types.\n"},
    {OF_VIEWS, "views", "", "create views over the tables of all stores",
     command_views, 0, 0,
     "Creates a view for each table name, over the tables of that name of\n"
     "all stores, in schema stores, or in schema all if it has such views\n"
     "already. The first column is store; columns are matched by name. The\n"
     "view shops has each store's domain, currency_code, iana_timezone and\n"
     "plan. Run it again after stores, tables or columns were added. Views\n"
     "that are already correct are left alone. A view that bulkpg did not\n"
     "create is never changed.\n"},
    {OF_REPORT, "report", "[FILE]",
     "write an HTML page of stores, jobs and runs", command_report, 0, 1,
     "Writes one page to FILE, or to standard output: which jobs are good,\n"
     "late or failed, and what to do; then the runs of the last 90 days,\n"
     "where their time went, the newest pushes, and the largest tables. A\n"
     "job is late if its last good run is older than --older-than, otherwise\n"
     "than twice its age: @every in the query, or every in bulkpg.ini. The\n"
     "page needs neither network nor scripts.\n"},
};

const struct command_table commands = {all, sizeof(all) / sizeof(all[0])};
