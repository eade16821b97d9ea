#include "command/commands.h"

#define JOB_TEXT                                                         \
    "A JOB is a name in queries/, or a path when it contains \"/\" or\n" \
    "ends in .graphql.\n"

static const struct command all[] = {
    {OF_INIT, "init", "[DIR]", "write bulkpg.ini and a first query",
     command_init, 0, 1,
     "Writes bulkpg.ini, queries/ and what an editor needs to check queries\n"
     "into DIR, by default the current folder. A file that is there already\n"
     "is left alone.\n"},
    {OF_CHECK, "check", "", "check configuration, access and every query",
     command_check, 0, 0,
     "Checks the configuration, the stores' credentials and scopes, the\n"
     "database and every query, and prints a verdict per line: ok, warn or\n"
     "error, with what to do about it. Each query is sent as an ordinary one\n"
     "for the first row of each connection, so that missing scopes and hidden\n"
     "fields are told. --store may be given more than once.\n"
     "Makes the journal where it is missing, and keeps the stores' types in\n"
     "it; touches no other table.\n"},
    {OF_PLAN, "plan", "JOB", "show the document to submit and the tables",
     command_plan, 1, 1,
     "Shows what a run of JOB would submit, its tables as DDL, and what\n"
     "would change in the database; tables of the job that no query feeds\n"
     "any more are listed. Creates the journal if it does not exist, and\n"
     "keeps the store's types in it; changes no other table. With --types\n"
     "neither store nor database is asked.\n" JOB_TEXT},
    {OF_RUN, "run", "[JOB...]", "fetch from the stores and load", command_run,
     0, -1,
     "Runs the jobs of all enabled stores, or those named, side by side.\n"
     "A query with @incremental fetches what changed since its last run,\n"
     "and everything now and then.\n"
     "One job's failure does not stop another's. Run it again after any\n"
     "failure: what can go on goes on.\n"
     "--store may be given more than once.\n" JOB_TEXT},
    {OF_LOAD, "load", "JOB FILE|-", "load a result that was saved",
     command_load, 2, 2,
     "Loads FILE, or standard input, as a full result of JOB: what it does\n"
     "not hold is removed; for a query with @incremental only below what it\n"
     "holds, unless --full is given. A gzip file is unpacked. What is received\n"
     "is compared with FILE.meta.json, which run --keep writes beside it, or\n"
     "with --objects; a file that another query made is refused.\n" JOB_TEXT},
    {OF_STATUS, "status", "", "show the last run of each store and job",
     command_status, 0, 0,
     "Shows the last run of each store and job, and the operations that are\n"
     "running now. With --failed or --older-than the status is 69 when\n"
     "anything is listed. --metrics writes FILE as a whole, for the textfile\n"
     "collector of node_exporter.\n"},
    {OF_CANCEL, "cancel", "[JOB...]",
     "cancel operations of ours that are running", command_cancel, 0, -1,
     "Cancels the bulk operations that this journal began, never anyone\n"
     "else's.\n" JOB_TEXT},
    {OF_TYPES, "types", "--store S", "print a store's GraphQL types",
     command_types, 0, 0,
     "Prints the cached introspection result, for plan --types and\n"
     "load --types.\n"},
    {OF_VIEWS, "views", "", "one view per table over all stores", command_views,
     0, 0,
     "Makes a view for each table name, over the tables that the stores have\n"
     "of that name, in schema all: column store first, columns matched by\n"
     "name. Run it again when stores, tables or columns are new: what stands\n"
     "right is left alone. A view that bulkpg did not make is never touched.\n"},
    {OF_REPORT, "report", "[FILE]",
     "write an HTML page of stores, jobs and runs", command_report, 0, 1,
     "Writes one page to FILE, or to standard output: which jobs are good,\n"
     "late or failed, and what to do; below it the runs of 90 days, where\n"
     "their time went, and the largest tables. A job is late when its last\n"
     "good run is older than --older-than (30h). The page needs no network\n"
     "and no script.\n"},
};

const struct command_table commands = {all, sizeof(all) / sizeof(all[0])};
