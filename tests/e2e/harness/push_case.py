"""The base class of cases that push rows to the fake store."""
import json
import signal
from collections import Counter

from harness.case import AGAIN, OK, Case, World
from harness.commits import Proxy

PRICES = """mutation Prices($productId: ID!,
    $variants: [ProductVariantsBulkInput!]!) @push(key: "product_id") {
  productVariantsBulkUpdate(productId: $productId, variants: $variants) {
    productVariants { id price }
  }
}
"""
TAGS = """mutation Tags($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { node { id } }
}
"""
ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!)
    @push(key: "_key"%s) {
  inventoryAdjustQuantities(input: $input) {
    inventoryAdjustmentGroup { id }
  }
}
"""
VARIANTS = """{ products { edges { node { id title tags
  variants { edges { node { id sku price } } } } } } }"""
STOCK = """{ inventoryItems { edges { node { id
  inventoryLevels { edges { node { id location { id }
    quantities(names: ["available"]) @table { name quantity } } } }
  } } } }"""

# States of rows that nothing changes any more.
FINAL = ("applied", "refused", "partly", "held", "unknown", "skipped",
         "unchanged", "invalid")
# What took effect, according to the ledger.
EFFECT = ("applied", "partly")


class PushCase(Case):
    """A case with mutation files, whose effects the fake store's ledger
    shows."""

    # ---- doing -----------------------------------------------------------

    def mutation(self, job, text, sql=None, store=None):
        """Write a mutation file, and the SELECT next to it."""
        folder = f"mutations/{store}/" if store else "mutations/"
        if sql is not None:
            self.program.file(f"{folder}{job}.sql", sql)
        return self.program.file(f"{folder}{job}.graphql", text)

    def push(self, *arguments, status=OK, **how):
        return self.run_program("push", *arguments, status=status, **how)

    def pull(self, **queries):
        """Run queries for store acme: JOB="{ … }"."""
        for job, text in queries.items():
            self.query(job, text)
        self.run_program("run", *queries)

    def proxied(self, *names, **how):
        """Configure these stores behind a proxy that can cut COMMITs."""
        proxy = Proxy(World.cluster.directory)
        self.addCleanup(proxy.stop)
        stores = [self.shop.stores[name] for name in names or ("acme",)]
        self.program.configure(
            self.db.dsn.replace(World.cluster.directory, proxy.folder),
            stores, **how)
        return proxy

    def cut_everywhere(self, proxy, push, check, *arguments, step=1,
                       ends=(OK,)):
        """Run a push again and again, and cut its connection at message 1, 2,
        3 … to the database, before and after it takes effect, until a push
        ends without a cut. `push` prepares the next push; `check` looks at
        each outcome after the push was finished by another one. With a step,
        only each STEPth message is cut. `ends`: the statuses of a push that
        was not cut. Returns the number of cuts."""
        cuts = 0
        for before in True, False:
            number = 1 - step
            while True:
                number += step
                push()
                proxy.cut(number, before, every=True)
                result = self.program.run("push", *arguments)
                was_cut = proxy.commits >= number
                proxy.cut(0, False)
                if not was_cut:
                    self.assertIn(result.status, ends, result)
                    break
                cuts += 1
                self.finish(*arguments)
                check(number, before)
        return cuts

    def kill_at(self, arguments, action, **match):
        """Start a push and kill it when the fake store holds a request that
        matches; `action` completes the rule's action."""
        self.shop.rule({"hold": True, **action}, **match)
        running = self.program.start("push", *arguments)
        self.wait_for(lambda: self.shop.get("held") > 0
                      or not running.is_alive(), f"a request {match}")
        self.assertTrue(running.is_alive(), running.result)
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")

    def finish(self, *arguments, tries=4):
        """Push until it does not ask to be run again."""
        for _ in range(tries):
            result = self.program.run("push", *arguments)
            if result.status != AGAIN:
                return result
        self.fail(f"it never ends: {result}")

    def change_type(self, name, field, members, old, new):
        """Rename an argument (members="args") of a field of a cached type, or
        the field itself (members=None): the API has other types now."""
        kept = self.db.row(f"""SELECT type FROM bulkpg.graphql_type
            WHERE store = 'acme' AND name = '{name}'""")["type"]
        (found,) = [one for one in kept["fields"] if one["name"] == field]
        if members is None:
            found["name"] = new
        else:
            (argument,) = [one for one in found[members]
                           if one["name"] == old]
            argument["name"] = new
        self.db.execute(f"""UPDATE bulkpg.graphql_type
            SET type = $json${json.dumps(kept)}$json$
            WHERE store = 'acme' AND name = '{name}'""")

    # ---- what the journal says -------------------------------------------

    def last_push(self, job=None, store="acme"):
        where = f"AND job = '{job}'" if job else ""
        rows = self.db.rows(f"""
            SELECT * FROM bulkpg.push WHERE store = '{store}' {where}
            ORDER BY push_id DESC LIMIT 1""")
        return rows[0] if rows else None

    def push_rows(self, push_id=None, columns="*"):
        push_id = push_id or self.last_push()["push_id"]
        return self.db.rows(f"""
            SELECT {columns} FROM bulkpg.push_row WHERE push_id = {push_id}
            ORDER BY number""")

    def states(self, push_id=None):
        """How many rows of a push have which state."""
        return dict(Counter(row["state"] for row
                            in self.push_rows(push_id, "state")))

    def chunks(self, push_id=None):
        push_id = push_id or self.last_push()["push_id"]
        return self.db.rows(f"""
            SELECT * FROM bulkpg.push_chunk WHERE push_id = {push_id}
            ORDER BY n""")

    def push_errors(self, push_id=None):
        push_id = push_id or self.last_push()["push_id"]
        return self.db.rows(f"""
            SELECT * FROM bulkpg.push_error WHERE push_id = {push_id}
            ORDER BY number, ordinal""")

    def result_rows(self, job, columns="*", schema="acme"):
        return self.db.rows(f"""SELECT {columns} FROM {schema}.{job}_result
            ORDER BY _key""")

    # ---- what the store did ----------------------------------------------

    def effects(self, **match):
        """The executions that changed the store's data."""
        return [one for one in self.shop.ledger(**match)
                if one["state"] in EFFECT]

    def check_once(self):
        """Check that nothing took effect twice: the same field and arguments
        at most once."""
        twice = [one for one in self.shop.counts() if one["applied"] > 1]
        self.assertEqual([], twice)

    def check_accounted(self):
        """Check that every row of every push has a final state, and that a
        row is `applied` exactly if the ledger says so."""
        self.assertEqual(0, self.db.value(f"""
            SELECT count(*) AS v FROM bulkpg.push_row
            WHERE state NOT IN {FINAL}"""))
        said = Counter(
            canonical(row["variables"]) for row in self.db.rows("""
                SELECT variables FROM bulkpg.push_row
                WHERE state = 'applied'"""))
        done = Counter(canonical(one["variables"])
                       for one in self.effects())
        missing = said - done
        self.assertEqual(Counter(), missing, "applied, but not in the ledger")

    def check_pull(self, *queries, store="acme"):
        """Pull all jobs again, and check that the tables have what the store
        has after the pushes."""
        World.oracle().ask(cmd="changes", body={
            "store": store, "changes": self.shop.get(
                f"changes?store={store}")})
        self.run_program("run", "--store", store)
        self.check_tables(*queries, store=store, besides=[
            job + "_result" for job in self.db.column(f"""
                SELECT DISTINCT job FROM bulkpg.push
                WHERE store = '{store}'""")])


def canonical(variables):
    """Variables without the idempotency key, as text."""
    if isinstance(variables, str):
        variables = json.loads(variables)
    return json.dumps({name: value for name, value in variables.items()
                       if name != "bulkpg_key"}, sort_keys=True)
