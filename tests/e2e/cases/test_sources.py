"""Sources: sections, types and access of other GraphQL APIs."""
import json
import re
import unittest
import urllib.request

from harness.graph_case import GraphCase

ISSUES = """{ repository(owner: "o", name: "n") {
  issues { nodes { id number title } } } }
"""
ORDERS = "{ orders { edges { node { id number created } } } }\n"
TEAMS = "{ teams { nodes { id name key } } }\n"
DEVICES = "{ InfraDevice { edges { node { id name { value } } } } }\n"

QUERIES = {"github": ISSUES, "saleor": ORDERS, "linear": TEAMS,
           "infrahub": DEVICES}


class SourceCase(GraphCase):
    def setUp(self):
        super().setUp()
        for api, text in QUERIES.items():
            self.program.query("rows", text, store=api)

    def asked(self, api, **match):
        """The requests that reached an API."""
        return self.graph.log(api=api, **match)

    def schema_of(self, api):
        """The schema that an API publishes."""
        where = self.graph.apis[api]
        request = urllib.request.Request(
            f"{self.graph.endpoint}/{api}/schema.graphql",
            headers={where["header"]: where["credentials"]})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def plans(self, *arguments):
        """The plans of the jobs, as (store, job)."""
        result = self.program.run("plan", *arguments, "--json")
        self.assertEqual(0, result.status, result.output)
        plans = [json.loads(line) for line in result.stdout.splitlines()]
        return [(plan["store"], plan["job"]) for plan in plans]


class Sections(SourceCase):
    """A wrong section names file, line and reason, and nothing is sent."""

    def wrong(self, more, *words, api="github"):
        self.configure_sources(api, more={api: more})
        result = self.program.run("check")
        self.assertEqual(78, result.status, result.output)
        for word in words:
            self.assertIn(word, result.output)
        self.assertEqual([], self.asked(api))

    def test_an_unknown_key(self):
        self.wrong("colour = red", "bulkpg.ini:", 'unknown key "colour"')

    def test_a_wrong_preset(self):
        self.configure_sources("plain", more={"plain": "preset = gitlab"})
        result = self.program.run("check")
        self.assertEqual(78, result.status, result.output)
        self.assertIn('"gitlab" is not a preset', result.output)

    def test_a_secret_that_is_missing(self):
        self.wrong("header.X-Other = env:NO_SUCH_VARIABLE", "header.X-Other",
                   "NO_SUCH_VARIABLE is not set")

    def test_a_schema_file_that_is_missing(self):
        self.wrong("schema_file = no.graphql", "schema_file",
                   "cannot read no.graphql")

    def test_a_schema_file_that_is_wrong(self):
        self.program.file("s.graphql", "type Query { a: Nope }\n")
        self.configure_sources("github",
                               more={"github": "schema_file = s.graphql"})
        result = self.program.run("plan", "rows")
        self.assertEqual(78, result.status, result.output)
        self.assertIn("s.graphql:1:17: the type Nope is not defined",
                      result.output)
        self.assertEqual([], self.asked("github"))

    def test_a_page_that_is_too_large(self):
        self.wrong("page = 101", "GitHub allows at most 100 rows a page")

    def test_a_source_with_the_name_of_a_store(self):
        self.configure_sources("github")
        text = self.program.read("bulkpg.ini").decode()
        self.program.file("bulkpg.ini", text
                          + "[store github]\ndomain = acme\n")
        result = self.program.run("check")
        self.assertEqual(78, result.status, result.output)
        self.assertIn("[store github] has the name of [source github]",
                      result.output)


class Types(SourceCase):
    def check_works(self):
        result = self.program.run("check")
        self.assertEqual(0, result.status, result.output)

    def test_introspection_gives_the_types_of_each_api(self):
        self.configure_sources(*QUERIES)
        for api in QUERIES:
            with self.subTest(api):
                self.assertEqual([(api, "rows")],
                                 self.plans("rows", "--store", api))

    def test_types_are_asked_for_once(self):
        self.configure_sources("github")
        self.check_works()
        asked = len(self.asked("github", kind="introspection"))
        self.assertGreater(asked, 1)
        self.check_works()
        self.assertEqual(asked,
                         len(self.asked("github", kind="introspection")))
        self.db.execute("UPDATE bulkpg.graphql_type "
                        "SET fetched_at = fetched_at - interval '25 hours'")
        self.check_works()
        self.assertGreater(len(self.asked("github", kind="introspection")),
                           asked)

    def test_a_query_that_does_not_fit_asks_again(self):
        self.configure_sources("github")
        self.check_works()
        self.db.execute(
            "UPDATE bulkpg.graphql_type SET type = replace(type::text, "
            "'\"title\"', '\"titel\"')::json WHERE name = 'Issue'")
        self.check_works()

    def test_types_are_printed_and_can_be_read(self):
        self.configure_sources("github")
        self.check_works()
        printed = self.program.run("types", "--store", "github")
        self.assertEqual(0, printed.status, printed.output)
        names = [one["name"] for one
                 in json.loads(printed.stdout)["data"]["__schema"]["types"]]
        self.assertIn("Issue", names)
        self.program.file("types.json", printed.stdout)
        before = len(self.asked("github"))
        self.assertEqual([("github", "rows")], self.plans(
            "rows", "--types", "types.json", "--store", "github"))
        self.assertEqual(before, len(self.asked("github")))

    def test_a_schema_file_asks_for_nothing(self):
        for api in QUERIES:
            self.graph.set(api=api, introspection=False)
            self.program.file(f"{api}.graphql", self.schema_of(api))
        self.configure_sources(*QUERIES, more={
            api: f"schema_file = {api}.graphql" for api in QUERIES})
        for api in QUERIES:
            self.assertEqual([(api, "rows")],
                             self.plans("rows", "--store", api))
            self.assertEqual(["schema"],
                             [one["kind"] for one in self.asked(api)])
        result = self.program.run("types", "--store", "github")
        self.assertEqual(78, result.status, result.output)
        self.assertIn("github.graphql", result.output)

    def test_closed_introspection_is_reported(self):
        self.graph.set(api="github", introspection=False)
        self.configure_sources("github")
        result = self.program.run("check")
        self.assertEqual(78, result.status, result.output)
        self.assertIn("source github answered: ", result.output)


class Access(SourceCase):
    def check(self, status):
        result = self.program.run("check")
        self.assertEqual(status, result.status, result.output)
        self.check_no_leaks()
        return result.output

    def test_a_good_source(self):
        self.configure_sources("github")
        self.assertIn("source github", self.check(0))

    def test_one_page_of_each_query_is_tried(self):
        self.configure_sources("github", "infrahub")
        self.check(0)
        for api, limit in (("github", "first"), ("infrahub", "first")):
            tried = [one["variables"] for one in self.asked(api, kind="query")
                     if one["variables"]]
            self.assertEqual([1], [one[limit] for one in tried], api)

    def test_a_page_that_is_denied(self):
        """check names the field that the credentials may not read."""
        self.configure_sources("github")
        self.graph.set(api="github", twists=[
            {"type": "Issue", "field": "title",
             "fail": {"message": "not for you", "code": "FORBIDDEN"}}])
        result = self.program.run("check")
        self.assertRegex(result.stdout, r"queries/github/rows.graphql:2:30: "
                         r"repository.issues.nodes.title: not for you")

    def test_a_refused_credential(self):
        self.configure_sources("github")
        self.graph.post("token", {"api": "github", "text": "other",
                                  "expire": True})
        self.assertIn("does not accept the credentials", self.check(77))

    def test_a_redirect_is_not_followed(self):
        self.configure_sources("github")
        self.graph.rule({"status": 307, "headers": {
            "Location": self.graph.elsewhere + "/x"}}, api="github")
        self.assertIn("which bulkpg does not follow", self.check(69))

    def test_a_branch_that_does_not_exist(self):
        self.configure_sources("infrahub",
                               more={"infrahub": "branch = nope"})
        self.assertIn("has no API at this address", self.check(78))

    def test_a_busy_server_is_asked_again(self):
        self.configure_sources("github")
        for how in ({"status": 503}, {"status": 502, "body": "<html>"},
                    {"status": 200, "body": ""}, {"close": True},
                    {"status": 429, "headers": {"Retry-After": "0"}}):
            self.graph.rule(how, api="github", kind="introspection")
        self.assertIn("queries/github/rows.graphql", self.check(0))


class Jobs(SourceCase):
    """A query is a job of the API that it was written for."""

    def queries(self):
        """The files of the queries that a command finds."""
        result = self.program.run("check")
        self.assertEqual(0, result.status, result.output)
        return re.findall(r"query (\S+) ", result.stdout)

    def test_a_source_does_not_run_the_queries_of_stores(self):
        self.program.query("products",
                           "{ products { edges { node { id } } } }")
        self.configure_sources("github")
        self.assertEqual(["queries/github/rows.graphql"], self.queries())
        result = self.program.run("plan", "products")
        self.assertEqual(64, result.status, result.output)
        self.assertIn("source github has no job", result.output)

    def test_jobs_of_a_source_may_be_common_files(self):
        self.program.query("issues", ISSUES)
        self.configure_sources("github", more={"github": "jobs = issues"})
        self.assertEqual(["queries/issues.graphql"], self.queries())

    def test_named_jobs_go_to_the_sources_that_have_them(self):
        self.program.query("orders", ORDERS, store="saleor")
        self.configure_sources("github", "saleor")
        self.assertEqual([("saleor", "orders")], self.plans("orders"))


if __name__ == "__main__":
    unittest.main()
