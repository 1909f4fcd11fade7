#!/usr/bin/env python3
"""Run Redis 7.0.15's own test suite against the release build and hold it to what is recorded.

usage: run_compat.py [--record] [external | spawn] [unit ...]

external: the suite talks to a server that runs already; spawn: it starts the server itself.
Without arguments: everything that counts.txt lists, in both modes. environment:
  TIDEMARK_COMPAT_CORES   how many cores the server is to use, one run each    (default "1 4")
  TIDEMARK_REDIS_SUITE    the program that runs the suite                      (default ../shared/compat/redis-suite)
  TIDEMARK_COMPAT_SERVER  the server under test                                (default build/release/bin/tidemark-server)
Ends with "N passed, N failed": failed are tests that should pass and units whose count dropped.
"""
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

import expectations
import server_process

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SUITE = os.environ.get("TIDEMARK_REDIS_SUITE", os.path.join(ROOT, "..", "shared", "compat", "redis-suite"))
SERVER = os.path.abspath(
    os.environ.get("TIDEMARK_COMPAT_SERVER", os.path.join(ROOT, "build", "release", "bin", "tidemark-server")))
COUNTS = os.path.join(HERE, "counts.txt")
SKIPS = os.path.join(HERE, "skips.txt")
MODES = ("external", "spawn")

# What the suite takes for granted of its server, as options. Redis 7.0 had no packed sets: without them the tests that
# ask for "hashtable" see what they mean to; and it called short lists by another name.
OF_ITS_TIME = {"set-max-listpack-entries": "0", "encoding-names": "7.0"}
# Some tests take more than a minute on a real Redis, too.
PATIENCE = {"HANG_TIMEOUT": "150", "UNIT_TIMEOUT": "900"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_suite(arguments, units, folder, **variables):
    """The suite's results for these units, by unit."""
    # The suite's own ports, below those that connections are given.
    variables["BASEPORT"] = str(10000 + os.getpid() % 200 * 100)
    environment = {**PATIENCE, **os.environ, **variables, "UNITS": " ".join(units)}
    out = os.path.join(folder, "out")
    subprocess.run([SUITE, *arguments, out], env=environment, check=True)
    return json.loads(read(os.path.join(out, "results.json")))


def run_external(units, cores, folder):
    port = free_port()
    options = {"port": str(port), "enable-debug-command": "yes", "enable-protected-configs": "yes", "save": "",
               "cores": str(cores), **OF_ITS_TIME}
    words = [word for name, value in options.items() for word in ("--" + name, value)]
    server_process.prepare(folder, [SERVER, *words], port)
    restart = [sys.executable, os.path.join(HERE, "server_process.py"), "restart", folder]
    try:
        return run_suite(["external", "127.0.0.1", str(port)], units, folder, RESTART_CMD=shlex.join(restart))
    finally:
        server_process.stop(folder)


def run_spawn(units, cores, folder):
    """The suite writes the server's configuration file itself; --config adds a line to it."""
    lines = {"cores": cores, **OF_ITS_TIME}
    extra = " ".join(f"--config {name} {value}" for name, value in lines.items())
    return run_suite(["spawn", SERVER], units, folder, EXTRA=extra)


def judge(mode, cores, unit, result, skips, counts):
    """Prints what is wrong with one unit; the (verdict, number of complaints)."""
    verdict = expectations.Verdict(unit, result, skips)
    complaints = [f"{status}: {name}" + "".join("\n        " + line for line in detail.splitlines()[:4])
                  for name, status, detail in verdict.failures]
    expected = counts.expected(mode, unit, cores)
    if verdict.passes < expected:
        complaints.append(f"the count dropped from {expected} to {verdict.passes}")
    if complaints:
        print(f"{unit} ({mode}, {cores} cores)")
        for line in complaints + [f"note: {note}" for note in verdict.notes]:
            print("    " + line)
    for name in verdict.needless_skips:
        print(f"{unit} ({mode}, {cores} cores)\n    passes, so skips.txt need not list it: {name}")
    return verdict, len(complaints)


def run_mode(mode, cores, units, skips, counts, record):
    folder = tempfile.mkdtemp(prefix=f"tidemark-compat-{mode}-{cores}-")
    print(f"== {mode}, {cores} cores", flush=True)
    results = (run_external if mode == "external" else run_spawn)(units, cores, folder)
    passed = failed = 0
    for unit in units:
        verdict, complaints = judge(mode, cores, unit, results.get(unit, {"tests": []}), skips, counts)
        passed, failed = passed + verdict.passes, failed + complaints
        if record:
            counts.record(mode, unit, cores, verdict.passes)
    if failed:
        print(f"logs: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return passed, failed


def main(arguments):
    record = "--record" in arguments
    words = [word for word in arguments if word != "--record"]
    modes = (words.pop(0),) if words and words[0] in MODES else MODES
    if any(word.startswith("-") for word in words):
        raise SystemExit(__doc__)
    if not os.path.exists(SUITE):
        print(f"compat: {SUITE} is not there, so Redis's suite is skipped")
        return 0
    skips, counts = expectations.Skips(read(SKIPS)), expectations.Counts(read(COUNTS))
    passed = failed = 0
    for cores in map(int, os.environ.get("TIDEMARK_COMPAT_CORES", "1 4").split()):
        for mode in modes:
            listed = [unit for known, unit in counts.units if known == mode]
            units = [word for word in words if modes == (mode,) or word in listed] if words else listed
            if not units:
                continue
            ok, bad = run_mode(mode, cores, units, skips, counts, record)
            passed, failed = passed + ok, failed + bad
    if record:
        with open(COUNTS, "w", encoding="utf-8") as file:
            file.write(counts.text())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
