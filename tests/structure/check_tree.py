#!/usr/bin/env python3
"""Check what the compiler cannot: which folder includes which, and that the tree says what it holds.

usage: check_tree.py [ROOT]

Each rule is one case; a rule that is broken prints every place where it is. Ends with "N passed, N failed".
"""
import os
import re
import sys

CODE = (".cpp", ".hpp")
TOP = ("server", "protocol", "storage", "bench", "tests")
LINES_BEFORE_A_WARNING = 500

# What a file under the first prefix that fits may include of ours. Files of tests/ follow the rules of
# the folder they mirror, and may also include each other's fixtures.
ARROWS = (
    ("storage/base/", ("storage/base/",)),
    ("storage/table/", ("storage/base/", "storage/table/")),
    ("storage/value/", ("storage/base/", "storage/table/", "storage/value/")),
    ("storage/keyspace/",
     ("storage/base/", "storage/table/", "storage/value/", "storage/readstate/", "storage/keyspace/")),
    ("storage/rdb/", ("storage/base/", "storage/table/", "storage/value/", "storage/keyspace/", "storage/rdb/")),
    ("storage/", ("storage/",)),
    ("protocol/", ("protocol/", "storage/base/")),
    ("server/script/", ("server/script/", "server/config/", "protocol/", "storage/base/")),
    ("server/", ("server/", "protocol/", "storage/")),
    ("bench/", ("bench/", "server/", "protocol/", "storage/")),
)

# Headers of libraries and of the system that only these places may include, tests of those places too.
CONFINED = (
    (re.compile(r"uv\.h$|uv/"), re.compile(r"(tests/)?server/net/")),
    (re.compile(r"lua\.hpp$|lua\.h$|lualib\.h$|lauxlib\.h$"), re.compile(r"(tests/)?server/script/")),
    (re.compile(r"rocksdb/"), re.compile(r"((tests/)?storage/persist|tests/fault)/[^/]*\.cpp$")),
    (re.compile(r"lzf\.h$"), re.compile(r"storage/rdb/[^/]*\.cpp$")),
    (re.compile(r"(postgresql/)?libpq"), re.compile(r"(tests/)?storage/persist/[^/]*\.cpp$")),
    (re.compile(r"sys/(socket|epoll|un)\.h$|netinet/|arpa/"), re.compile(r"(tests/)?(server|bench)/|tests/(?!storage|protocol)")),
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
SLEEP = re.compile(r"\b(?:usleep|nanosleep|sleep_for|sleep_until|sleep)\s*\(")
DISABLED_TEST = re.compile(r"^\s*(?://|/\*)\s*(?:TEST_CASE|SUBCASE|SCENARIO)\b|^\s*#\s*if\s+0\b", re.M)


class Tree:
    """The code files below a root, by path from the root, with their text."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        for top in TOP:
            for folder, _, names in os.walk(os.path.join(root, top)):
                for name in names:
                    if name.endswith(CODE):
                        path = os.path.relpath(os.path.join(folder, name), root)
                        self.files[path] = self.text(path)

    def text(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def includes(self):
        """Yields (path, line number, '"' or '<', what) for every include."""
        for path, text in sorted(self.files.items()):
            for match in INCLUDE.finditer(text):
                yield path, text.count("\n", 0, match.start()) + 1, match[1], match[2]

    def matches(self, pattern, folder):
        for path, text in sorted(self.files.items()):
            if path.startswith(folder):
                for match in pattern.finditer(text):
                    yield path, text.count("\n", 0, match.start()) + 1, match[0].strip()


def allowed(path):
    """The prefixes that `path` may include, or None where any of ours will do."""
    mirrored = path[len("tests/"):] if path.startswith("tests/") else path
    for prefix, prefixes in ARROWS:
        if mirrored.startswith(prefix):
            return prefixes + (("tests/",) if mirrored != path else ())
    return None


def includes_point_downwards(tree):
    for path, line, _, what in tree.includes():
        prefixes = allowed(path)
        if prefixes and what.startswith(tuple(top + "/" for top in TOP)) and not what.startswith(prefixes):
            yield f"{path}:{line}: includes {what}; may include only {' '.join(prefixes)}"


def includes_start_at_the_root(tree):
    for path, line, quote, what in tree.includes():
        if quote == '"' and not tree.exists(what):
            yield f'{path}:{line}: there is no "{what}" below the root'


def libraries_stay_in_their_place(tree):
    for path, line, _, what in tree.includes():
        for header, place in CONFINED:
            if header.match(what) and not place.match(path):
                yield f"{path}:{line}: {what} may be included only in {place.pattern}"


def every_source_is_built(tree):
    """A source counts as built when the CMakeLists.txt of its folder, or of one above, names it."""
    lists = {}
    for path in sorted(tree.files):
        folder, named = os.path.dirname(path), False
        while path.endswith(".cpp") and folder and not named:
            if folder not in lists:
                cmake = os.path.join(folder, "CMakeLists.txt")
                text = re.sub(r"#.*", "", tree.text(cmake)) if tree.exists(cmake) else ""
                lists[folder] = set(re.split(r"[\s()]+", text))
            named = os.path.relpath(path, folder) in lists[folder]
            folder = os.path.dirname(folder)
        if path.endswith(".cpp") and not named:
            yield f"{path}: no CMakeLists.txt names it"


def every_folder_has_a_readme(tree):
    """Folders of tests/ that mirror the code are described there."""
    mirrors = ("tests/server/", "tests/storage/", "tests/protocol/", "tests/bench/")
    folders = {os.path.dirname(path) for path in tree.files}
    for folder in sorted(folders):
        if not (folder + "/").startswith(mirrors) and not tree.exists(folder + "/README.md"):
            yield f"{folder}: has no README.md"


def no_test_sleeps(tree):
    for path, line, what in tree.matches(SLEEP, "tests/"):
        yield f"{path}:{line}: {what}"


def no_test_is_commented_out(tree):
    for path, line, what in tree.matches(DISABLED_TEST, "tests/"):
        yield f"{path}:{line}: {what}"


RULES = (includes_point_downwards, includes_start_at_the_root, libraries_stay_in_their_place, every_source_is_built,
         every_folder_has_a_readme, no_test_sleeps, no_test_is_commented_out)


def warn_of_long_files(tree):
    for path, text in sorted(tree.files.items()):
        lines = text.count("\n")
        if lines > LINES_BEFORE_A_WARNING:
            print(f"warning: {path} has {lines} lines; look for the second idea in it")


def main(root):
    tree = Tree(root)
    failed = 0
    for rule in RULES:
        broken = list(rule(tree))
        failed += bool(broken)
        print(f"{'FAILED' if broken else 'ok'}: {rule.__name__.replace('_', ' ')}")
        for place in broken:
            print("  " + place)
    warn_of_long_files(tree)
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "..")))
