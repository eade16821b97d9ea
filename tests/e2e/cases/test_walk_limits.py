"""Lists that an API gives in one answer, with a limit."""
from harness.walk_case import WalkCase


class Lists(WalkCase):
    def limited(self, limit):
        """Walk a list with this limit; returns the warnings about it."""
        self.sources("plain")
        self.query("latest", f"{{ latest(limit: {limit}) {{ id title }} }}",
                   "plain")
        result = self.walk("plain")
        return [line for line in result.stderr.splitlines()
                if "code=LIST_LIMIT" in line]

    def test_a_list_that_may_have_more_rows(self):
        warning, = self.limited(3)
        self.assertIn("list=latest limit=3 times=1", warning)
        self.assertEqual(3, len(self.rows("latest", "id", schema="plain")))

    def test_a_list_below_its_limit(self):
        self.assertEqual([], self.limited(100000))
