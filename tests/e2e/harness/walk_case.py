"""The base class of cases whose rows come page by page."""
import json

from harness.case import OK, World
from harness.graph_case import GraphCase

COLUMNS = """
SELECT c.relname AS table, a.attname AS column,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, 2"""


class WalkCase(GraphCase):
    """A case with runs that read pages: of the fake APIs, or of the fake
    store."""

    def sources(self, *apis, page=5, more="", **how):
        """Write bulkpg.ini for these APIs, with pages of few rows."""
        self.configure_sources(*apis, more={
            api: f"page = {page}\n{more}" for api in apis}, **how)

    def walk(self, api, *arguments, status=OK, **how):
        """Run the jobs of a source."""
        return self.run_program("run", "--store", api, *arguments,
                                status=status, **how)

    def walk_shop(self, *arguments, status=OK, store="acme", **how):
        return self.run_program("run", "--store", store, *arguments,
                                status=status, **how)

    # ---- what reached the servers ------------------------------------------

    def pages(self, api, text="", after=0):
        """The requests for pages that an API got, whose document contains the
        text."""
        return [one for one in self.graph.log(api=api, kind="query",
                                              after=after)
                if text in (one["query"] or "") and one["variables"]]

    def shop_pages(self, text="", store="acme"):
        return [one for one in self.shop.log(store=store, kind="query")
                if text in (one["query"] or "") and one["variables"]]

    def mark(self, server=None):
        """The number of the last request so far, for `after`."""
        return max((one["n"] for one in (server or self.graph).log()),
                   default=0)

    def check_no_bulk(self):
        """Check that no bulk operation was submitted anywhere."""
        self.assertEqual([], [one["query"] for one in self.graph.log()
                              if "bulkOperation" in (one["query"] or "")])
        self.assertEqual([], self.requests(kind="run"))

    # ---- what the journal says ---------------------------------------------

    def walked(self, api, job=None):
        """The rows of bulkpg.walk of the last run, by path."""
        run = self.last_run(job, api)["run_id"]
        return {row["path"]: row for row in self.db.rows(
            f"SELECT * FROM bulkpg.walk WHERE run_id = {run}")}

    def check_nothing_changed(self, api, job=None):
        """Check that the last run found no difference."""
        run = self.last_run(job, api)
        self.assertEqual((0, 0, 0), (
            run["rows_inserted"], run["rows_updated"], run["rows_deleted"]),
            run)

    def check_no_frontier(self):
        self.assertEqual(0, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.frontier"))

    def rejects(self, api):
        return self.db.rows(f"""
            SELECT j.* FROM bulkpg.reject j JOIN bulkpg.run r USING (run_id)
            WHERE r.store = '{api}' ORDER BY j.run_id DESC, 2""")

    # ---- two schemas -------------------------------------------------------

    def difference(self, *schemas, without=("_loaded_at",)):
        """The differences between two schemas in columns and rows."""
        columns = [self.db.rows(COLUMNS.format(schema=schema))
                   for schema in schemas]
        if columns[0] != columns[1]:
            return [row for row in columns[0] + columns[1]
                    if (row in columns[0]) != (row in columns[1])]
        tables = {}
        for row in columns[0]:
            if row["column"] not in without:
                tables.setdefault(row["table"], []).append(
                    f'"{row["column"]}"')
        out = []
        for table, names in tables.items():
            one, two = (f"SELECT {', '.join(names)} FROM {schema}.{table}"
                        for schema in schemas)
            count = self.db.value(f"""
                SELECT (SELECT count(*) FROM ({one} EXCEPT ALL {two}) a)
                     + (SELECT count(*) FROM ({two} EXCEPT ALL {one}) b)
                  AS v""")
            out += [f"{table}: {count} rows"] if count else []
        return out

    # ---- data --------------------------------------------------------------

    def place(self, api, query):
        """The id of a root object, known to the server and to the oracle:
        {root { id }}."""
        World.oracle().ask(cmd="graph", api=api, query=query)
        (root,) = self.graph.ask(api, query).data.values()
        return root["id"]

    def give(self, api, place, kind, rows):
        self.control("data", api=api, place=place, type=kind, rows=rows)

    def notes(self, api, job=None):
        notes = self.last_run(job, api)["notes"]
        return json.loads(notes) if isinstance(notes, str) else notes or {}
