#!/usr/bin/env python3
"""Tests of how run_tests.py counts."""
import os
import tempfile
import unittest

import run_tests

DOCTEST_GOOD = """[doctest] doctest version is "2.4.9"
===============================================================================
[doctest] test cases:  12 |  12 passed | 0 failed | 3 skipped
[doctest] assertions: 200 | 200 passed | 0 failed |
[doctest] Status: SUCCESS!
"""
DOCTEST_BAD = DOCTEST_GOOD.replace(" 12 passed | 0 failed", " 10 passed | 2 failed")


class Counting(unittest.TestCase):
    def test_doctest_cases_are_counted_and_not_its_assertions(self):
        self.assertEqual(run_tests.count(True, DOCTEST_GOOD), (12, 0))
        self.assertEqual(run_tests.count(False, DOCTEST_BAD), (10, 2))

    def test_a_program_that_fails_after_a_good_summary_is_a_failure(self):
        self.assertEqual(run_tests.count(False, DOCTEST_GOOD), (12, 1))

    def test_a_program_that_dies_without_a_summary_is_one_failure(self):
        self.assertEqual(run_tests.count(False, "Segmentation fault"), (0, 1))

    def test_a_program_without_a_single_case_is_a_failure(self):
        empty = "[doctest] test cases: 0 | 0 passed | 0 failed | 0 skipped\n"
        self.assertEqual(run_tests.count(True, empty), (0, 1))

    def test_a_program_that_only_returns_success_is_one_case(self):
        self.assertEqual(run_tests.count(True, ""), (1, 0))

    def test_unittest_and_plain_summaries_are_understood(self):
        ran = "..F.\nRan 4 tests in 0.001s\n\nFAILED (failures=1)\n"
        self.assertEqual(run_tests.count(False, ran), (3, 1))
        self.assertEqual(run_tests.count(True, "Ran 1 test in 0.001s\n\nOK\n"), (1, 0))
        self.assertEqual(run_tests.count(True, "ok a\n7 passed, 0 failed\n"), (7, 0))

    def test_the_report_of_ctest_is_read(self):
        report = """<testsuite><testcase name="a" status="run"><system-out>7 passed, 0 failed</system-out></testcase>
                    <testcase name="b" status="fail"><failure message="x"/><system-out/></testcase>
                    <testcase name="c" status="notrun"/></testsuite>"""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.xml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(report)
            cases = list(run_tests.read_junit(path))
        self.assertEqual(cases, [("a", True, "7 passed, 0 failed"), ("b", False, ""), ("c", False, "")])

    def test_the_programs_behind_tests_are_read_from_what_cmake_wrote(self):
        text = """add_test([=[set test]=] "/b/bin/set_test" "--seed" "7")
set_tests_properties([=[set test]=] PROPERTIES  LABELS "wire")
add_test([=[tree]=] "/usr/bin/python3" "/src/check_tree.py")
"""
        self.assertEqual(run_tests.programs(text), {
            "set test": ["/b/bin/set_test", "--seed", "7"], "tree": ["/usr/bin/python3", "/src/check_tree.py"]})


if __name__ == "__main__":
    unittest.main()
