#!/usr/bin/env python3
"""Tests of how a run of Redis's suite is judged."""
import unittest

from expectations import Counts, Skips, Verdict

SKIPS = """\
# comment
unit/a
  looks inside
    The number of rehash steps is Redis's own affair,
    and there are none here.
"""


def result(*tests, **more):
    return {"tests": [[name, status, 1, ""] for name, status in tests], **more}


class SkipsFile(unittest.TestCase):
    def test_a_skip_is_for_one_test_of_one_unit(self):
        skips = Skips(SKIPS)
        self.assertTrue(skips.covers("unit/a", "looks inside"))
        self.assertFalse(skips.covers("unit/b", "looks inside"))
        self.assertFalse(skips.covers("unit/a", "looks"))

    def test_a_skip_without_a_reason_is_refused(self):
        with self.assertRaises(ValueError):
            Skips("unit/a\n  looks inside\n")

    def test_a_line_that_is_nothing_is_refused(self):
        with self.assertRaises(ValueError):
            Skips("unit/a\n looks inside\n")


class CountsFile(unittest.TestCase):
    TEXT = "mode unit 1 4\nexternal unit/a 10 9\nspawn unit/b 3 3\n"

    def test_counts_are_by_mode_unit_and_cores(self):
        counts = Counts(self.TEXT)
        self.assertEqual(counts.expected("external", "unit/a", 4), 9)
        self.assertEqual(counts.expected("spawn", "unit/a", 4), 0)
        self.assertEqual(counts.units, [("external", "unit/a"), ("spawn", "unit/b")])

    def test_what_is_recorded_is_read_back(self):
        counts = Counts(self.TEXT)
        counts.record("external", "unit/a", 1, 11)
        counts.record("spawn", "unit/c", 2, 5)
        again = Counts(counts.text())
        self.assertEqual(again.expected("external", "unit/a", 1), 11)
        self.assertEqual(again.expected("external", "unit/a", 4), 9)
        self.assertEqual(again.expected("spawn", "unit/c", 2), 5)


class Judging(unittest.TestCase):
    def names(self, *tests, **more):
        return [name for name, _, _ in Verdict("unit/a", result(*tests, **more), Skips(SKIPS)).failures]

    def test_failed_hung_crashed_and_unreached_tests_count_against_us(self):
        self.assertEqual(self.names(("a", "ok"), ("b", "err"), ("c", "hang"), ("d", "abort"), not_reached=["e"]),
                         ["b", "c", "d", "e"])

    def test_a_skipped_test_may_fail(self):
        self.assertEqual(self.names(("a", "ok"), ("looks inside", "err"), ("b", "ignored")), [])

    def test_a_unit_without_any_result_is_a_failure(self):
        self.assertEqual(self.names(state="server-down"), ["the whole unit"])

    def test_a_skipped_test_that_passes_is_noticed_and_counted(self):
        verdict = Verdict("unit/a", result(("a", "ok"), ("looks inside", "ok")), Skips(SKIPS))
        self.assertEqual((verdict.passes, verdict.needless_skips), (2, ["looks inside"]))


if __name__ == "__main__":
    unittest.main()
