"""What the project expects of Redis's suite: skips.txt and counts.txt, and the verdict over a unit.

skips.txt, blocks of:
    unit/name
      The test's exact name
        why it cannot pass here

counts.txt, a table: mode, unit, then how many tests pass with as many cores as the column's heading says.
The rows are also the list of what ./dev compat runs.
"""


class Skips:
    def __init__(self, text):
        self.reasons = {}
        unit = name = None
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            depth = len(line) - len(line.lstrip(" "))
            if depth == 0:
                unit, name = line.strip(), None
            elif depth == 2 and unit:
                name = line.strip()
                self.reasons[unit, name] = ""
            elif depth >= 4 and name:
                self.reasons[unit, name] += line.strip() + " "
            else:
                raise ValueError(f"skips.txt:{number}: neither a unit, a test (2 spaces) nor a reason (4 spaces)")
        bare = [f"{unit}: {name}" for (unit, name), reason in self.reasons.items() if not reason]
        if bare:
            raise ValueError("skips.txt: no reason for " + "; ".join(bare))

    def covers(self, unit, name):
        return (unit, name.strip()) in self.reasons


class Counts:
    HEADING = """\
# How many tests of Redis's suite pass, by mode, unit and number of cores. `./dev compat` fails where
# a count drops; `./dev compat --record` writes the counts it reaches.
"""

    def __init__(self, text):
        rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        if not rows or rows[0][:2] != ["mode", "unit"]:
            raise ValueError("counts.txt: the first row must begin with: mode unit")
        self.cores = [int(cores) for cores in rows[0][2:]]
        self.units = [(row[0], row[1]) for row in rows[1:]]
        self.passes = {(row[0], row[1], cores): int(count)
                       for row in rows[1:] for cores, count in zip(self.cores, row[2:])}

    def expected(self, mode, unit, cores):
        return self.passes.get((mode, unit, cores), 0)

    def record(self, mode, unit, cores, passes):
        if (mode, unit) not in self.units:
            self.units.append((mode, unit))
        if cores not in self.cores:
            self.cores.append(cores)
        self.passes[mode, unit, cores] = passes

    def text(self):
        rows = [["mode", "unit", *map(str, self.cores)]]
        rows += [[mode, unit, *(str(self.expected(mode, unit, cores)) for cores in self.cores)]
                 for mode, unit in self.units]
        width = max(len(row[1]) for row in rows)
        lines = (f"{row[0]:8}  {row[1]:{width}}" + "".join(f"  {count:>4}" for count in row[2:]) for row in rows)
        return self.HEADING + "\n".join(lines) + "\n"


class Verdict:
    """Over one unit: `result` is what the suite's runner wrote about it.

    A test that fails, hangs, takes the server down or is never reached counts against us unless it is
    skipped. Skipped tests run all the same, so that one which has come to pass is noticed.
    """

    def __init__(self, unit, result, skips):
        tests = [(name, status, detail) for name, status, _, detail in result["tests"]]
        self.passes = sum(status == "ok" for _, status, _ in tests)
        bad = [(name, status, detail) for name, status, detail in tests if status in ("err", "hang", "abort")]
        bad += [(name, "not reached", "") for name in result.get("not_reached", [])]
        self.failures = [test for test in bad if not skips.covers(unit, test[0])]
        failed = {name.strip() for name, _, _ in bad}
        self.needless_skips = [name for name, status, _ in tests
                               if status == "ok" and skips.covers(unit, name) and name.strip() not in failed]
        self.notes = result.get("notes", [])
        if not tests and not self.failures:
            self.failures = [("the whole unit", result.get("state", "no result"), " / ".join(self.notes))]
