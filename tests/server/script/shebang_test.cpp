#include "server/script/shebang.hpp"

#include <doctest/doctest.h>

using namespace tidemark;
using namespace tidemark::server::script;

TEST_CASE("a script without a first line of its own says nothing") {
  const Script script = read_script("return 1");
  CHECK(script.flags == ScriptFlag::unsaid);
  CHECK(script.code == "return 1");
  CHECK(script.error.empty());
}

TEST_CASE("a first line tells the flags, and stays as an empty line") {
  const Script script = read_script("#!lua flags=no-writes,allow-oom flags=allow-stale\nreturn 1");
  CHECK(script.error == "");
  CHECK(script.flags == (ScriptFlag::no_writes | ScriptFlag::allow_oom | ScriptFlag::allow_stale));
  CHECK(script.code == "\nreturn 1");
  CHECK(read_script("#!lua\n").flags == ScriptFlag::none);
  CHECK(read_script("#!lua flags=\n").flags == ScriptFlag::none);
  CHECK(read_script("#!lua \"flags=no-cluster\"\n").flags == ScriptFlag::no_cluster);
}

TEST_CASE("what is wrong with a first line is said in Redis's words") {
  const auto error = [](Bytes body) { return read_script(body).error; };
  CHECK(error("#!lua") == "ERR Invalid script shebang");
  CHECK(error("#!LUA\n") == "ERR Unexpected engine in script shebang: #!LUA");
  CHECK(error("#! lua\n") == "ERR Unexpected engine in script shebang: #!");
  CHECK(error("#!lua foo\n") == "ERR Unknown lua shebang option: foo");
  CHECK(error("#!lua name=x\n") == "ERR Unknown lua shebang option: name=x");
  CHECK(error("#!lua flags=bad\n") == "ERR Unexpected flag in script shebang: bad");
  CHECK(error("#!lua flags=no-writes,\n") == "ERR Unexpected flag in script shebang: ");
  CHECK(error("#!lua flags=NO-WRITES\n") == "ERR Unexpected flag in script shebang: NO-WRITES");
  CHECK(error("#!lua \"flags=\n") == "ERR Invalid engine in script shebang");
}
