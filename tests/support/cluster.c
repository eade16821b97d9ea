#include "support/cluster.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

enum { DSN_BYTES = 256, DSN_SLOTS = 8, COMMAND_BYTES = 4096 };

static struct {
    char directory[64];
    char bin[256];
    char psql[256];   /* it may be in another folder than the server */
    char prefix[128]; /* runs a command as another user than root */
    int guard_pipe;   /* when it is closed, the guard stops the server */
    pid_t guard;
    int databases;
} cluster;

PRINTF_LIKE(1, 2)

static int
shell(const char *format, ...)
{
    char command[COMMAND_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    return system(command);
}

static void
give_up(const char *what)
{
    fprintf(stderr, "cluster: %s\n", what);
    exit(EXIT_FAILURE);
}

static void
look_for(const char *program, char folder[256])
{
    char look[512];
    FILE *answer;

    snprintf(look, sizeof(look),
             "for d in \"$PG_BIN\" \"$(pg_config --bindir 2>/dev/null)\" "
             "$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V -r); do "
             "[ -x \"$d/%s\" ] && printf %%s \"$d\" && break; done",
             program);
    answer = popen(look, "r");
    if (answer == NULL || fgets(folder, 256, answer) == NULL)
        give_up("no initdb, or no psql, found; set PG_BIN");
    pclose(answer);
}

static void
choose_user(void)
{
    const char *name = "postgres";
    struct passwd *user;

    if (geteuid() != 0)
        return;
    user = getpwnam(name);
    if (user == NULL)
        user = getpwnam(name = "nobody");
    if (user == NULL ||
        chown(cluster.directory, user->pw_uid, user->pw_gid) != 0)
        give_up("no user other than root to run the server");
    snprintf(cluster.prefix, sizeof(cluster.prefix),
             "setpriv --reuid=%s --regid=%u --clear-groups --", name,
             (unsigned)user->pw_gid);
}

static void
make_cluster(void)
{
    if (shell("cd / && %s %s/initdb -D %s/data -U owner -A trust -E UTF8 "
              "--locale=C --no-sync >%s/log 2>&1",
              cluster.prefix, cluster.bin, cluster.directory,
              cluster.directory) != 0 ||
        shell("printf 'local all guarded scram-sha-256\\nlocal all all "
              "trust\\n' >%s/data/pg_hba.conf",
              cluster.directory) != 0)
        give_up("initdb failed");
    if (shell(
            "cd / && %s %s/pg_ctl -D %s/data -w -t 600 -l %s/server.log -o \"-c "
            "listen_addresses='' -c unix_socket_directories=%s -c fsync=off "
            "-c max_connections=40\" start >/dev/null 2>&1",
            cluster.prefix, cluster.bin, cluster.directory, cluster.directory,
            cluster.directory) != 0) {
        shell("cat %s/server.log >&2", cluster.directory);
        give_up("the server does not start");
    }
    if (!cluster_psql("postgres", "CREATE ROLE guarded LOGIN PASSWORD 'right'; "
                                  "CREATE ROLE plain LOGIN"))
        give_up("psql failed");
}

/* The guard process waits until all copies of the pipe's other end are
 * closed. */
static void
guard(int pipe_end)
{
    char byte;

    setsid();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    while (read(pipe_end, &byte, 1) > 0)
        continue;
    shell("cd / && %s %s/pg_ctl -D %s/data -m immediate -w stop >/dev/null "
          "2>&1; rm -rf %s",
          cluster.prefix, cluster.bin, cluster.directory, cluster.directory);
    _exit(0);
}

static void
post_guard(void)
{
    int ends[2];

    if (pipe(ends) != 0)
        give_up("no pipe");
    cluster.guard = fork();
    if (cluster.guard < 0)
        give_up("no process");
    if (cluster.guard == 0) {
        close(ends[1]);
        guard(ends[0]);
    }
    close(ends[0]);
    cluster.guard_pipe = ends[1];
    /* The server must not inherit it, because the guard would wait for ever. */
    if (fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0)
        give_up("no pipe");
}

void
cluster_start(void)
{
    snprintf(cluster.directory, sizeof(cluster.directory),
             "/tmp/bulkpg-test-XXXXXX");
    if (mkdtemp(cluster.directory) == NULL)
        give_up("no temporary directory");
    look_for("initdb", cluster.bin);
    look_for("psql", cluster.psql);
    choose_user();
    post_guard();
    make_cluster();
}

void
cluster_stop(void)
{
    close(cluster.guard_pipe);
    waitpid(cluster.guard, NULL, 0);
}

const char *
cluster_dsn_as(const char *database, const char *user)
{
    static char slots[DSN_SLOTS][DSN_BYTES];
    static int next;
    char *dsn = slots[next];

    next = (next + 1) % DSN_SLOTS;
    snprintf(dsn, DSN_BYTES, "host=%s port=5432 dbname=%s user=%s",
             cluster.directory, database, user);
    return dsn;
}

const char *
cluster_dsn_in(const char *database)
{
    return cluster_dsn_as(database, "owner");
}

const char *
cluster_dsn(void)
{
    return cluster_dsn_in("postgres");
}

bool
cluster_psql(const char *database, const char *sql)
{
    return shell("cd / && %s/psql -X -q -v ON_ERROR_STOP=1 \"%s\" >/dev/null "
                 "<<'END'\n%s\nEND\n",
                 cluster.psql, cluster_dsn_in(database), sql) == 0;
}

const char *
cluster_database(const char *options)
{
    static char names[64][32];
    char sql[256];
    char *name = names[cluster.databases % 64];

    /* Each test runs in a process of its own, and all of them count from the
     * same number, so the name contains the process id. */
    snprintf(name, sizeof(names[0]), "db_%d_%d", (int)getpid(),
             cluster.databases++);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s %s;", name, options);
    if (!cluster_psql("postgres", sql))
        give_up("CREATE DATABASE failed");
    return name;
}

const char *
cluster_directory(void)
{
    return cluster.directory;
}
