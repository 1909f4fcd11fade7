// A server that crashes says why and where, and ends by the signal that it would have ended by.

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/log_file.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/test_server.hpp"

namespace tidemark::test {
namespace {

constexpr int kKilledBySignal = 128;

std::vector<std::string> options(const LogFile& log, std::vector<std::string> more = {}) {
  std::vector<std::string> all = {
      "--store", "none", "--enable-debug-command", "yes", "--logfile", log.path(), "--cores", "2"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// Sends what ends the server, and returns how it ended.
int crash_by(ServerProcess& server, const std::vector<std::string>& command) {
  Connection client(server.port());
  CHECK_THROWS_AS(client.run(command), std::runtime_error);
  return server.wait();
}

void check_whole(const LogFile& log) {
  const std::string text = log.text();
  size_t at = 0;
  for (const char* const part : {"=== REDIS BUG REPORT START: Cut & paste starting from here ===",
                                 "STACK TRACE", "Backtrace:", "INFO OUTPUT", "redis_version:7.2",
                                 "connected_clients:", "core0:", "=== REDIS BUG REPORT END."}) {
    CAPTURE(part);
    CAPTURE(text);
    at = text.find(part, at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("an access to memory that is refused is reported with its address and the functions") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  ServerProcess server(options(log));
  CHECK(crash_by(server, {"DEBUG", "SEGFAULT"}) == kKilledBySignal + SIGSEGV);
  check_whole(log);
  CHECK(log.has(" crashed by signal: 11, si_code: 2"));
  CHECK(log.has("Accessing address: 0x"));
  CHECK(log.has("tidemark::server::debug_segfault+0x"));
  CHECK(log.has("------ REGISTERS ------"));
  CHECK(log.has(",cmd=debug\n"));
}

TEST_CASE("a signal from outside is reported with its sender") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    CAPTURE(signal);
    ServerProcess server(options(log));
    server.signal(signal);
    CHECK(server.wait() == kKilledBySignal + signal);
    check_whole(log);
    CHECK(log.has("crashed by signal: " + std::to_string(signal)));
    CHECK(log.has("Killed by PID: " + std::to_string(getpid())));
    std::ofstream(log.path(), std::ios::trunc).close();
  }
}

TEST_CASE("panics, broken invariants and lack of memory are reported") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  {
    ServerProcess server(options(log));
    CHECK(crash_by(server, {"DEBUG", "PANIC"}) == kKilledBySignal + SIGABRT);
    check_whole(log);
    CHECK(log.has("Guru Meditation: called by DEBUG PANIC"));
  }
  {
    ServerProcess server(options(log));
    CHECK(crash_by(server, {"DEBUG", "ASSERT"}) == kKilledBySignal + SIGABRT);
    CHECK(log.has("=== ASSERTION FAILED ==="));
    CHECK(log.has("'1 == 2' is not true"));
  }
  {
    ServerProcess server(options(log));
    CHECK(crash_by(server, {"DEBUG", "OOM"}) == kKilledBySignal + SIGABRT);
    CHECK(log.has("Out Of Memory"));
  }
}

TEST_CASE(
    "without crash-log-enabled a fatal signal leaves no report, also when switched off late") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  for (const bool late : {false, true}) {
    CAPTURE(late);
    ServerProcess server(options(log, {"--crash-log-enabled", late ? "yes" : "no"}));
    if (late) {
      Connection client(server.port());
      CHECK(client.run({"CONFIG", "SET", "crash-log-enabled", "no"}) == "OK");
    }
    server.signal(SIGSEGV);
    CHECK(server.wait() == kKilledBySignal + SIGSEGV);
    CHECK(!log.has("BUG REPORT"));
  }
}

TEST_CASE("the watchdog shows where a core is stuck, and no core that waits for it") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  ServerProcess server(options(log));
  Connection client(server.port());
  CHECK(client.run({"CONFIG", "SET", "watchdog-period", "50"}) == "OK");
  // However busy the machine is: sooner or later two of its looks fall into one sleep.
  while (!log.has("--------\n")) CHECK(client.run({"DEBUG", "SLEEP", "0.2"}) == "OK");
  CHECK(log.has("--- WATCHDOG TIMER EXPIRED ---"));
  CHECK(log.has(" is in debugCommand, for client "));
  CHECK(log.has("tidemark::server::"));
  CHECK(!log.has("runs no command"));
  CHECK(client.run({"CONFIG", "SET", "watchdog-period", "0"}) == "OK");
  CHECK(client.run({"PING"}) == "PONG");
}

}  // namespace
}  // namespace tidemark::test
