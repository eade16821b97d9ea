"""The base class of cases with the fake graph server."""
import oracle
from harness.case import Case, World


class GraphCase(Case):
    """A case whose sources are the fake graph server's APIs. It is started
    with the first test of such a case."""

    def setUp(self):
        super().setUp()
        self.graph = World.graph()
        self.graph.post("reset")

    def configure_sources(self, *apis, more=None, **how):
        """Write bulkpg.ini with a section for each of these APIs; `more` has
        further lines by API."""
        sections = "".join(
            self.graph.section(self.program, api, more=(more or {}).get(
                api, "")) for api in apis)
        self.program.configure(self.db.dsn, [], sources=sections, **how)

    def control(self, key, **body):
        """The same at the server and in the oracle: 'change', 'data', 'set',
        'branch'. A change is made at the same time in both."""
        if key == "change":
            body.setdefault("at", "2025-07-01T00:00:00Z")
        World.oracle().ask(cmd="graph-control", key="POST " + key, body=body)
        return self.graph.post(key, body)

    def graph_plan(self, api, query, **how):
        """The tables and rows that a query must give. how: variables, branch,
        at."""
        return World.oracle().ask(cmd="graph", api=api, query=query, **how)

    def random_query(self, api, seed, prefix=None):
        """A random query whose pages can be walked. Its tables' names begin
        with the prefix, by default q and the seed."""
        return World.oracle().ask(cmd="graph-generate", api=api, seed=seed,
                                  prefix=prefix)["query"]

    def check_source(self, api, *queries, schema=None, **how):
        """Check that the schema contains exactly what these queries give."""
        try:
            return oracle.check(self.db, schema or api, [
                self.graph_plan(api, text, **how) for text in queries])
        except oracle.Wrong as wrong:
            self.fail(str(wrong))

    def check_paged_tables(self, *queries, store="acme", schema=None):
        """The same for a store whose queries were fetched by pages."""
        try:
            return oracle.check(self.db, schema or store, [
                World.oracle().ask(cmd="paged", store=store, query=text)
                for text in queries])
        except oracle.Wrong as wrong:
            self.fail(str(wrong))

    def check_no_leaks(self):
        super().check_no_leaks()
        self.assertEqual([], self.graph.get("leaks"))
        secrets = self.graph.secrets()
        for running in self.program.results:
            if running.result is not None:
                for secret in secrets:
                    self.assertNotIn(secret, running.result.output)
