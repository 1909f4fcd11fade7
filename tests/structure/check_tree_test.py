#!/usr/bin/env python3
"""Tests of check_tree.py: every rule accepts a good tree and finds what is wrong in a bad one."""
import os
import tempfile
import unittest

import check_tree


def broken(rule, files):
    """What `rule` finds in a tree of these files, as the paths before the first colon."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return [found.split(":")[0] for found in rule(check_tree.Tree(root))]


class Arrows(unittest.TestCase):
    rule = staticmethod(check_tree.includes_point_downwards)

    def test_downward_includes_are_fine(self):
        self.assertEqual(broken(self.rule, {
            "server/core/a.cpp": '#include "protocol/p.hpp"\n#include "storage/persist/s.hpp"\n',
            "protocol/p.hpp": '#include "storage/base/bytes.hpp"\n#include <vector>\n',
            "tests/protocol/p_test.cpp": '#include "protocol/p.hpp"\n#include "tests/fixture.hpp"\n',
        }), [])

    def test_upward_includes_are_found(self):
        bad = {
            "storage/value/a.hpp": '#include "server/server.hpp"\n',
            "storage/base/b.hpp": '#include "storage/value/a.hpp"\n',
            "storage/keyspace/c.cpp": '#  include "storage/persist/store.hpp"\n',
            "protocol/d.cpp": '#include "storage/keyspace/c.hpp"\n',
            "tests/storage/e_test.cpp": '#include "server/server.hpp"\n',
        }
        self.assertEqual(sorted(broken(self.rule, bad)), sorted(bad))

    def test_an_include_that_is_not_written_from_the_root_is_found(self):
        files = {"storage/base/a.hpp": "", "storage/base/b.hpp": '#include "a.hpp"\n', "server/c.cpp": '#include "storage/base/a.hpp"\n'}
        self.assertEqual(broken(check_tree.includes_start_at_the_root, files), ["storage/base/b.hpp"])


class Libraries(unittest.TestCase):
    rule = staticmethod(check_tree.libraries_stay_in_their_place)

    def test_each_library_may_be_included_in_its_place(self):
        self.assertEqual(broken(self.rule, {
            "server/net/loop.cpp": "#include <uv.h>\n",
            "storage/persist/rocksdb_store.cpp": "#include <rocksdb/db.h>\n",
            "tests/wire/client.cpp": "#include <sys/socket.h>\n",
        }), [])

    def test_a_library_elsewhere_is_found(self):
        bad = {
            "server/core/core.hpp": "#include <uv.h>\n",
            "storage/persist/rocksdb_store.hpp": "#include <rocksdb/db.h>\n",
            "storage/base/a.cpp": "#include <sys/socket.h>\n",
        }
        self.assertEqual(sorted(broken(self.rule, bad)), sorted(bad))


class Tidiness(unittest.TestCase):
    def test_a_source_that_no_cmake_file_names_is_found(self):
        files = {
            "tests/storage/CMakeLists.txt": "add_unit_test(NAME a SOURCES base/a_test.cpp\n# base/b_test.cpp\n LINK base)",
            "tests/storage/base/a_test.cpp": "",
            "tests/storage/base/b_test.cpp": "",
            "server/main.cpp": "",
        }
        self.assertEqual(sorted(broken(check_tree.every_source_is_built, files)), ["server/main.cpp", "tests/storage/base/b_test.cpp"])

    def test_a_folder_of_code_without_a_readme_is_found(self):
        files = {"server/a.cpp": "", "protocol/a.cpp": "", "protocol/README.md": "", "tests/server/a_test.cpp": "", "tests/wire/a_test.cpp": ""}
        self.assertEqual(broken(check_tree.every_folder_has_a_readme, files), ["server", "tests/wire"])

    def test_a_sleep_in_a_test_is_found(self):
        files = {
            "tests/a_test.cpp": "std::this_thread::sleep_for(1ms);\n",
            "tests/b_test.cpp": 'run({"DEBUG", "SLEEP", "0"});  // asleep\n',
            "server/c.cpp": "usleep(1);\n",
        }
        self.assertEqual(broken(check_tree.no_test_sleeps, files), ["tests/a_test.cpp"])

    def test_a_commented_out_test_is_found(self):
        files = {
            "tests/a_test.cpp": '// TEST_CASE("x") {\n',
            "tests/b_test.cpp": "#if 0\n#endif\n",
            "tests/c_test.cpp": '// What a TEST_CASE says.\nTEST_CASE("y") {}\n',
        }
        self.assertEqual(broken(check_tree.no_test_is_commented_out, files), ["tests/a_test.cpp", "tests/b_test.cpp"])


if __name__ == "__main__":
    unittest.main()
