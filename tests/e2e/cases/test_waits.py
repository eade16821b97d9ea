"""How often a run waits for the database server, however many rows there
are."""
import os
import re

from harness.case import OK, Case
from harness.waits import Waits

# At most so many waits.
FIRST, FULL, INCREMENTAL = 72, 77, 73

QUERY = """query Products @incremental {
  products {
    edges {
      node {
        id
        title
        updatedAt
        variants {
          edges {
            node {
              id
              sku
              metafields { edges { node { id namespace key value } } }
            }
          }
        }
      }
    }
  }
}
"""
OTHER = "{ customers { edges { node { id displayName } } } }"


def words(data):
    """The statements among these bytes, for a message."""
    return re.findall(rb"[A-Z]{4,}[ -~]{0,60}", data)


class RoundTrips(Case):
    def run_far(self, *arguments):
        """Run the job over the proxy; returns how often it waited."""
        far = Waits(self.db)
        self.addCleanup(far.close)
        running = self.program.start("run", *arguments, "--dsn", far.dsn)
        far.follow(running)
        self.expect(running.wait(), OK)
        far.close()
        if os.environ.get("E2E_WAITS"):
            for n, data in enumerate(far.sent):
                print(n + 1, b" | ".join(words(data))[:200].decode())
        return far.count

    def test_ceilings(self):
        self.configure()
        self.query("customers", OTHER)
        self.query("products", QUERY)
        self.run_program("run", "customers")
        counts = [self.run_far("products"), self.run_far("products", "--full"),
                  self.run_far("products")]
        if os.environ.get("E2E_WAITS"):
            print("waits:", counts)
        self.check_tables(QUERY, OTHER)
        for count, most in zip(counts, (FIRST, FULL, INCREMENTAL)):
            self.assertLessEqual(count, most)
