#!/usr/bin/env python3
"""Run a build's tests with ctest and count test cases instead of binaries.

usage: run_tests.py [--list-targets] BUILD_DIR [ctest arguments]

ctest judges each test program as a whole. A reader wants to know how many cases ran, so the programs'
own summaries are added up: doctest's, Python's unittest's, or a last line "N passed, N failed". A
program without a summary is one case. A program that fails, crashes, times out, cannot be run or
reports no case at all is a failure, whatever its summary says.

With --list-targets nothing runs; the build targets that the chosen tests need are printed.
"""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

TIMEOUT_SECONDS = 600
OUTPUT_BYTES_MAX = 1 << 20

DOCTEST = re.compile(r"^\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed", re.M)
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(.*)$", re.M)
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def summary(output):
    """The (passed, failed) that a test program printed last, or None if it printed no summary."""
    for pattern in (DOCTEST, PLAIN):
        found = pattern.findall(output)
        if found:
            return int(found[-1][0]), int(found[-1][1])
    found = UNITTEST.findall(output)
    if found:
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", found[-1][1]))
        return int(found[-1][0]) - bad, bad
    return None


def count(succeeded, output):
    """The (passed, failed) cases of one program, given ctest's verdict and what it printed."""
    passed, failed = summary(output) or ((1, 0) if succeeded else (0, 1))
    if failed == 0 and (not succeeded or passed == 0):
        failed = 1
    return passed, failed


def read_junit(path):
    """Yields (name, succeeded, output) for each test in ctest's report."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        yield case.get("name"), case.get("status") == "run", case.findtext("system-out") or ""


def ctest(build_dir, arguments, **options):
    return subprocess.run(["ctest", "--test-dir", build_dir, "--no-tests=error", *arguments], **options)


def programs(text):
    """From the text of a CTestTestfile.cmake: the words of each test's command, by the test's name."""
    tests = re.finditer(r"^add_test\(\[(=*)\[(?P<name>.*?)\]\1\] (?P<words>.*)\)$", text, re.M)
    return {test["name"]: re.findall(r'"([^"]*)"', test["words"]) for test in tests}


def targets(build_dir, arguments):
    """The build targets behind the chosen tests. ctest leaves out the command of what is not built yet,
    so the commands come from the files that it reads itself."""
    listed = ctest(build_dir, ["--show-only=json-v1", *arguments], stdout=subprocess.PIPE, check=True)
    chosen = [test["name"] for test in json.loads(listed.stdout)["tests"]]
    commands = {}
    for folder, _, names in os.walk(os.path.abspath(build_dir)):
        if "CTestTestfile.cmake" in names:
            with open(os.path.join(folder, "CTestTestfile.cmake"), encoding="utf-8") as file:
                commands.update(programs(file.read()))
    bin_dir = os.path.join(os.path.abspath(build_dir), "bin")
    words = [word for name in chosen for word in commands.get(name, [])]
    return sorted({os.path.basename(word) for word in words if os.path.dirname(word) == bin_dir})


def run(build_dir, arguments):
    report = os.path.join(os.path.abspath(build_dir), "tests.xml")
    if os.path.exists(report):
        os.unlink(report)
    jobs = str(len(os.sched_getaffinity(0)))
    outcome = ctest(build_dir, [
        "--output-junit", report, "--output-on-failure", "--timeout", str(TIMEOUT_SECONDS), "-j", jobs,
        "--test-output-size-passed", str(OUTPUT_BYTES_MAX), "--test-output-size-failed", str(OUTPUT_BYTES_MAX),
        "--test-output-truncation", "head", *arguments])
    passed = failed = 0
    for _, succeeded, output in read_junit(report) if os.path.exists(report) else ():
        ok, bad = count(succeeded, output)
        passed, failed = passed + ok, failed + bad
    if failed == 0 and (outcome.returncode != 0 or passed == 0):
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main(arguments):
    if arguments[:1] == ["--list-targets"]:
        print("\n".join(targets(arguments[1], arguments[2:])))
        return 0
    return run(arguments[0], arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
