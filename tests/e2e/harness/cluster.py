"""A temporary PostgreSQL server that listens on a Unix socket only."""
import glob
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from decimal import Decimal

SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "log_min_messages": "warning",
}

EMPTY = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
SET client_min_messages = warning;
DO $$ DECLARE s text; BEGIN
  FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'
      AND nspname NOT IN ('information_schema', 'public') LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', s);
  END LOOP;
  FOR s IN
    SELECT format('%s IF EXISTS public.%I', CASE relkind
             WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
             WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
             WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, relname)
    FROM pg_class WHERE relnamespace = to_regnamespace('public')
      AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    UNION ALL
    SELECT 'ROUTINE IF EXISTS ' || p.oid::regprocedure
    FROM pg_proc p WHERE pronamespace = to_regnamespace('public')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid
                      AND d.classid = 'pg_proc'::regclass AND deptype = 'e')
    UNION ALL
    SELECT format('TYPE IF EXISTS public.%I', typname)
    FROM pg_type t WHERE typnamespace = to_regnamespace('public')
      AND typtype IN ('e', 'd', 'r')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid
                      AND d.classid = 'pg_type'::regclass AND deptype = 'e')
  LOOP
    EXECUTE format('DROP %s CASCADE', s);
  END LOOP;
END $$;
"""

# Waits until the test process ends, for whatever reason; then stops the
# server and removes its folder.
GUARD = """
trap '' INT TERM HUP
read -r _
cd /
umount {directory}/disk 2>/dev/null
{prefix} {bin}/pg_ctl -D {directory}/data -m immediate -w stop >/dev/null 2>&1
rm -rf {directory}
"""


def find_binaries():
    """The folder of initdb: PG_BIN, or that of the newest version found."""
    places = [os.environ.get("PG_BIN", "")]
    places += sorted(glob.glob("/usr/lib/postgresql/*/bin"),
                     key=lambda path: int(re.sub(r"\D", "", path) or 0),
                     reverse=True)
    initdb = shutil.which("initdb")
    places += [os.path.dirname(initdb)] if initdb else []
    for place in places:
        if place and os.access(os.path.join(place, "initdb"), os.X_OK):
            return place
    raise SystemExit("e2e: no initdb found; set PG_BIN")


def find_psql(folder):
    """The path of psql: the server's own, or else that of another version."""
    places = [os.path.join(folder, "psql")]
    places += sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"),
                     key=lambda path: int(re.sub(r"\D", "", path) or 0),
                     reverse=True)
    for place in places:
        if os.access(place, os.X_OK):
            return place
    return shutil.which("psql") or places[0]


class Cluster:
    """A server. start() starts it with SETTINGS and with `settings`."""

    def __init__(self, settings=None):
        self.settings = {**SETTINGS, **(settings or {})}
        self.bin = find_binaries()
        self.psql = find_psql(self.bin)
        self.directory = tempfile.mkdtemp(prefix="e2e-pg-", dir="/tmp")
        self.log = self.directory + "/data/server.log"
        self.prefix = []
        self.guard = None
        self.own = None

    def folder(self):
        """A folder for the files of tests; stop() removes it."""
        path = self.directory + "/tests"
        os.makedirs(path, exist_ok=True)
        return path

    def small_disk(self, size):
        """A folder for the server on a file system of this size; None if the
        user may not mount one."""
        path = self.directory + "/disk"
        owner = os.stat(self.directory)
        os.makedirs(path, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700,"
             f"uid={owner.st_uid},gid={owner.st_gid}", "e2e", path],
            capture_output=True, check=False)
        return path if done.returncode == 0 else None

    def no_small_disk(self):
        subprocess.run(["umount", self.directory + "/disk"], check=True)

    def start(self):
        os.chmod(self.directory, 0o755)
        if os.geteuid() == 0:
            self._become_nobody()
        self._shell(self.prefix + [
            self.bin + "/initdb", "-D", self.directory + "/data", "-U",
            "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
        with open(self.directory + "/data/postgresql.conf", "a",
                  encoding="ascii") as conf:
            for name, value in self.settings.items():
                conf.write(f"{name} = {value}\n")
            conf.write(f"unix_socket_directories = '{self.directory}'\n")
        prefix = " ".join(self.prefix)
        self.guard = subprocess.Popen(
            ["sh", "-c", GUARD.format(prefix=prefix, bin=self.bin,
                                      directory=self.directory)],
            stdin=subprocess.PIPE, start_new_session=True)
        self._shell(self._control("start"))

    def _control(self, *what):
        return self.prefix + [
            self.bin + "/pg_ctl", "-D", self.directory + "/data", "-w",
            "-t", "600", "-l", self.log, *what]

    # ---- crashes ---------------------------------------------------------

    def restart(self):
        """Restart as after a power failure, without a clean shutdown."""
        self._shell(self._control("-m", "immediate", "restart"))

    def kill_postmaster(self):
        """Kill the postmaster, and start the server again once its last
        child process has ended."""
        with open(self.directory + "/data/postmaster.pid",
                  encoding="ascii") as file:
            os.kill(int(file.readline()), signal.SIGKILL)
        end = time.monotonic() + 600
        while subprocess.run(self._control("start"), cwd="/", check=False,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL).returncode != 0:
            if time.monotonic() > end:
                raise SystemExit("e2e: the cluster does not start again")
            time.sleep(0.05)

    def kill_backend(self, pid):
        """Kill one backend. The postmaster then ends all others and
        recovers."""
        os.kill(pid, signal.SIGKILL)

    def stop(self):
        if self.guard is None:
            shutil.rmtree(self.directory, ignore_errors=True)
            return
        self.guard.stdin.close()
        self.guard.wait()

    def _become_nobody(self):
        for name in ("postgres", "nobody"):
            try:
                user = pwd.getpwnam(name)
                break
            except KeyError:
                continue
        os.chown(self.directory, user.pw_uid, user.pw_gid)
        self.prefix = ["setpriv", f"--reuid={user.pw_uid}",
                       f"--regid={user.pw_gid}", "--clear-groups", "--"]

    @staticmethod
    def _shell(command):
        done = subprocess.run(command, cwd="/", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise SystemExit("e2e: " + " ".join(command) + "\n"
                             + done.stdout.decode(errors="replace"))

    def database(self):
        """An empty database. Each test process has one and empties it,
        because to create a database takes longer than most tests."""
        if self.own is None:
            name = f"e2e_{os.getpid()}"
            Database(self, "postgres").execute(
                f"CREATE DATABASE {name} TEMPLATE template0")
            self.own = Database(self, name)
        self.own.execute(EMPTY)
        return self.own


class SqlError(Exception):
    """The error that psql printed."""


class Database:
    """One database, used through psql."""

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name
        self.dsn = f"host={cluster.directory} dbname={name} user=owner"

    def execute(self, sql):
        """Run statements; returns the rows as lines of text."""
        done = subprocess.run(
            [self.cluster.psql, "-X", "-q", "-A", "-t", "-v",
             "ON_ERROR_STOP=1", "-f", "-", self.dsn],
            input=sql.encode(), capture_output=True, check=False,
            env={**os.environ, "PGOPTIONS": "-c TimeZone=UTC",
                 "PGCLIENTENCODING": "UTF8"})
        if done.returncode != 0:
            raise SqlError(done.stderr.decode())
        return done.stdout.decode().split("\n")[:-1]

    def hold(self, sql):
        """Run statements in the background; call wait() on the result."""
        return subprocess.Popen(
            [self.cluster.psql, "-X", "-q", "-c", sql, self.dsn],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end_backends(self, application, how="pg_terminate_backend(pid)"):
        """End the sessions of this application; returns how many."""
        return len(self.rows(
            f"SELECT {how} FROM pg_stat_activity WHERE "
            "datname = current_database() AND pid <> pg_backend_pid() AND "
            f"application_name LIKE '{application}'"))

    def rows(self, sql):
        """A query's rows as dicts; numbers are exact (Decimal)."""
        sql = sql.strip().rstrip(";")
        lines = self.execute(f"SELECT row_to_json(q)::text FROM ({sql}) q;")
        return [json.loads(line, parse_float=Decimal) for line in lines]

    def row(self, sql):
        """The only row of a query."""
        rows = self.rows(sql)
        assert len(rows) == 1, f"{len(rows)} rows of: {sql}"
        return rows[0]

    def value(self, sql):
        """The only value of a query."""
        return next(iter(self.row(sql).values()))

    def column(self, sql):
        """The values of a query's only column."""
        return [next(iter(row.values())) for row in self.rows(sql)]


class Held:
    """A transaction that has run some statements and keeps their locks
    until release()."""

    def __init__(self, database, sql, end="ROLLBACK"):
        self.end = end
        self.process = subprocess.Popen(
            [database.cluster.psql, "-X", "-q", "-A", "-t",
             database.dsn],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.process.stdin.write(f"BEGIN; {sql};\n\\echo held\n".encode())
        self.process.stdin.flush()
        while line := self.process.stdout.readline():
            if line == b"held\n":
                break

    def release(self):
        self.process.stdin.write(f"{self.end};\n".encode())
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()


class Listener:
    """A session that listens on a channel. psql prints what it has heard after
    each statement."""

    def __init__(self, database, channel):
        self.process = subprocess.Popen(
            [database.cluster.psql, "-X", "-q", "-A", "-t", database.dsn],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        list(self.ask(f"LISTEN {channel}"))

    def ask(self, sql):
        """The lines that psql prints."""
        self.process.stdin.write(f"{sql};\n\\echo end\n".encode())
        self.process.stdin.flush()
        return iter(lambda: self.process.stdout.readline().decode(), "end\n")

    def payloads(self):
        """Of all notifications since the last call."""
        return [line[line.index('payload "') + 9:line.rindex('" received')]
                for line in self.ask("SELECT")
                if line.startswith("Asynchronous notification")]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
