#include "server/core/running_scripts.hpp"

#include <doctest/doctest.h>

using tidemark::server::RunningScripts;

namespace {

using Kind = RunningScripts::Kind;

}  // namespace

TEST_CASE("nothing is ended where nothing runs") {
  RunningScripts running;
  CHECK_FALSE(running.any());
  CHECK(running.stop(Kind::script) == "NOTBUSY No scripts in execution right now.");
  CHECK_FALSE(running.longest().has_value());
}

TEST_CASE("a script is ended by its own kind of order, and not when it has written") {
  RunningScripts running;
  RunningScripts::Script script{.kind = Kind::function, .name = "f", .command = {"FCALL", "f"}};
  running.add(script);
  CHECK(running.any());
  const std::string busy =
      "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
  CHECK(running.refusal() == busy);
  CHECK(running.stop(Kind::script) == busy);
  CHECK_FALSE(script.stop.load());
  script.wrote = true;
  CHECK(running.stop(Kind::function)->find("UNKILLABLE ") == 0);
  CHECK_FALSE(script.stop.load());
  script.wrote = false;
  CHECK_FALSE(running.stop(Kind::function).has_value());
  CHECK(script.stop.load());
  CHECK(running.longest()->name == "f");
  running.remove(script);
  CHECK_FALSE(running.any());
}

TEST_CASE("of several scripts those are ended that may be") {
  RunningScripts running;
  RunningScripts::Script writes;
  RunningScripts::Script reads;
  writes.wrote = true;
  running.add(writes);
  running.add(reads);
  CHECK_FALSE(running.stop(Kind::script).has_value());
  CHECK(reads.stop.load());
  CHECK_FALSE(writes.stop.load());
  running.stop_all();
  CHECK(writes.stop.load());
  running.remove(reads);
  running.remove(writes);
}
