#include "server/config/config.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "server/config/option_table.hpp"

using namespace tidemark::server;

namespace {

using Pairs = std::vector<std::string_view>;
using Entries = std::vector<std::pair<std::string, std::string>>;

std::string set(Config& config, const Pairs& pairs,
                Config::Caller caller = Config::Caller::elsewhere) {
  return config.set(pairs, caller).value_or("OK");
}

Entries get(const Config& config, const Pairs& patterns) { return config.get(patterns); }

std::string value(const Config& config, std::string_view name) {
  const Entries entries = get(config, {name});
  REQUIRE(entries.size() == 1);
  return entries.front().second;
}

// What follows "CONFIG SET failed (possibly related to argument '<name>') - ".
std::string refusal(Config& config, std::string_view name, std::string_view text) {
  const std::string answer = set(config, {name, text});
  const std::string head =
      "CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - ";
  return answer.starts_with(head) ? answer.substr(head.size()) : answer;
}

Config unlocked(CommandAccess access) {
  LoadedConfig loaded;
  loaded.settings.enable_protected_configs = access;
  return Config(std::move(loaded));
}

}  // namespace

TEST_CASE("a pattern without wildcards is echoed as it was asked") {
  Config config;
  CHECK(get(config, {"TimeOut"}) == Entries{{"TimeOut", "0"}});
  CHECK(get(config, {"no-such"}).empty());
}

TEST_CASE("several patterns find each name once, sorted") {
  Config config;
  CHECK(get(config, {"tim*out", "hz", "TIMEOUT", "timeout"}) ==
        Entries{{"hz", "10"}, {"timeout", "0"}});
  CHECK(get(config, {"*-priority"}) ==
        Entries{{"replica-priority", "100"}, {"slave-priority", "100"}});
}

TEST_CASE("hidden options are found by their exact name only") {
  Config config;
  CHECK(get(config, {"key-load-*"}).empty());
  CHECK(get(config, {"KEY-LOAD-DELAY"}) == Entries{{"KEY-LOAD-DELAY", "0"}});
}

TEST_CASE("values are shown in Redis's form") {
  Config config;
  CHECK(set(config, {"maxmemory", "100mb"}) == "OK");
  CHECK(value(config, "maxmemory") == "104857600");
  CHECK(config.settings().maxmemory == 104857600);
  CHECK(set(config, {"maxmemory-clients", "5%"}) == "OK");
  CHECK(value(config, "maxmemory-clients") == "5%");
  CHECK(set(config, {"lazyfree-lazy-expire", "YES"}) == "OK");
  CHECK(value(config, "lazyfree-lazy-expire") == "yes");
  CHECK(value(config, "client-output-buffer-limit") ==
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
  CHECK(value(config, "save") == "3600 1 300 100 60 10000");
}

TEST_CASE("every option that may be set accepts the value that it shows") {
  Config config = unlocked(CommandAccess::yes);
  const Pairs all = {"*"};
  for (const auto& pair : config.get(all)) {
    const auto& name = pair.first;  // clang 14 lets no lambda, and CAPTURE is one, see a binding
    const auto& shown = pair.second;
    CAPTURE(name);
    if (find_option(name)->change == Change::startup) {
      CHECK(refusal(config, name, shown) == "can't set immutable config");
    } else {
      CHECK(set(config, {name, shown}) == "OK");
      CHECK(value(config, name) == shown);
    }
  }
}

TEST_CASE("what is ours and fixed at start may be set to what it is, and to nothing else") {
  Config config;
  CHECK(set(config, {"cores", "0", "store-path", "./data"}) == "OK");
  for (const auto& change : {std::pair("cores", "3"), std::pair("store-path", "/elsewhere"),
                             std::pair("store", "none")}) {
    CAPTURE(change.first);
    CHECK(refusal(config, change.first, change.second) == "can't set immutable config");
  }
  CHECK(refusal(config, "cores", "x") == "argument couldn't be parsed into an integer");
  CHECK(config.settings() == Settings{});
  // Redis's own stay as they are in Redis.
  CHECK(refusal(config, "databases", "16") == "can't set immutable config");
}

TEST_CASE("integers are refused with Redis's words") {
  Config config;
  const std::string kRange = "argument must be between 0 and 2147483647 inclusive";
  const std::string kParse = "argument couldn't be parsed into an integer";
  CHECK(refusal(config, "timeout", "-1") == kRange);
  CHECK(refusal(config, "timeout", "2147483648") == kRange);
  CHECK(refusal(config, "timeout", "-9223372036854775808") == kRange);
  for (const char* bad : {"", "x", "+5", "05", "-0", " 5", "5 ", "1.5", "0x5", "1e3",
                          "9223372036854775808", "-9223372036854775809"}) {
    CAPTURE(bad);
    CHECK(refusal(config, "timeout", bad) == kParse);
  }
  CHECK(refusal(config, "slowlog-log-slower-than", "-2") ==
        "argument must be between -1 and 9223372036854775807 inclusive");
  CHECK(refusal(config, "maxclients", "0") ==
        "argument must be between 1 and 4294967295 inclusive");
  CHECK(config.settings() == Settings{});
}

TEST_CASE("other types are refused with Redis's words") {
  Config config;
  CHECK(refusal(config, "maxmemory", "1zb") == "argument must be a memory value");
  CHECK(refusal(config, "proto-max-bulk-len", "1") ==
        "argument must be between 1048576 and 9223372036854775807 inclusive");
  CHECK(refusal(config, "maxmemory-clients", "x%") == "argument must be a memory or percent value");
  CHECK(refusal(config, "maxmemory-clients", "101%") ==
        "percentage argument must be less or equal to 100");
  CHECK(refusal(config, "activedefrag", "1") == "argument must be 'yes' or 'no'");
  CHECK(refusal(config, "appendfsync", "x") ==
        "argument(s) must be one of the following: everysec, always, no");
  CHECK(refusal(config, "save", "900") == "Invalid save parameters");
  CHECK(refusal(config, "notify-keyspace-events", "Z") ==
        "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  CHECK(refusal(config, "client-output-buffer-limit", "master 1 2 3") ==
        "Invalid client class specified in buffer limit configuration.");
  CHECK(refusal(config, "client-output-buffer-limit", "normal 1 2") ==
        "Wrong number of arguments in buffer limit configuration.");
  CHECK(refusal(config, "client-output-buffer-limit", "normal 1 2 x") ==
        "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  CHECK(refusal(config, "oom-score-adj-values", "1 2") == "wrong number of arguments");
  CHECK(refusal(config, "oom-score-adj-values", "0 0 2001") ==
        "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
  CHECK(refusal(config, "shutdown-on-sigint", "save nosave") ==
        "shutdown options SAVE and NOSAVE can't be used simultaneously");
  CHECK(refusal(config, "proc-title-template", "{nope}") ==
        "template format is invalid or contains unknown variables");
  CHECK(refusal(config, "latency-tracking-info-percentiles", "101") ==
        "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
  CHECK(refusal(config, "cluster-announce-hostname", "a_b") ==
        "Hostnames may only contain alphanumeric characters, hyphens or dots");
  CHECK(refusal(config, "bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17") ==
        "Too many bind addresses specified.");
  CHECK(config.settings() == Settings{});
}

TEST_CASE("values out of the useful range are brought into it where Redis does so") {
  Config config;
  CHECK(set(config, {"hz", "0", "repl-backlog-size", "1"}) == "OK");
  CHECK(config.settings().hz == 1);
  CHECK(config.settings().repl_backlog_size == 16384);
  CHECK(set(config, {"hz", "100000"}) == "OK");
  CHECK(config.settings().hz == 500);
}

TEST_CASE("lists are replaced by a command, and shown in canonical order") {
  Config config;
  CHECK(set(config, {"save", "900 1 60 5"}) == "OK");
  CHECK(set(config, {"save", "30 2"}) == "OK");
  CHECK(value(config, "save") == "30 2");
  CHECK(set(config, {"save", ""}) == "OK");
  CHECK(value(config, "save") == "");
  CHECK(set(config, {"notify-keyspace-events", "KEg$lshzxetd"}) == "OK");
  CHECK(value(config, "notify-keyspace-events") == "AKE");
  CHECK(set(config, {"notify-keyspace-events", "EdmK"}) == "OK");
  CHECK(value(config, "notify-keyspace-events") == "dKEm");
  CHECK(set(config, {"shutdown-on-sigterm", "FORCE now"}) == "OK");
  CHECK(value(config, "shutdown-on-sigterm") == "now force");
  CHECK(set(config, {"latency-tracking-info-percentiles", "50.0 33.3333333333"}) == "OK");
  CHECK(value(config, "latency-tracking-info-percentiles") == "50 33.333333");
  CHECK(set(config, {"client-output-buffer-limit", "replica 1mb 2kb 3 PubSub 0 0 0"}) == "OK");
  CHECK(value(config, "client-output-buffer-limit") ==
        "normal 0 0 0 slave 1048576 2048 3 pubsub 0 0 0");
  CHECK(set(config, {"readstate-notify", "incr ack"}) == "OK");
  CHECK(value(config, "readstate-notify") == "ack incr");
}

TEST_CASE("a zero byte is refused where it would cut the value short, but not in a password") {
  Config config;
  const std::string_view bytes("a\0b", 3);
  CHECK(refusal(config, "masteruser", bytes) == "OK");
  CHECK(refusal(config, "requirepass", bytes) == "OK");
  CHECK(refusal(config, "tls-cert-file", bytes) == "argument must not contain a zero byte");
  CHECK(refusal(config, "maxmemory", bytes) == "argument must not contain a zero byte");
}

TEST_CASE("one bad value keeps all the others from being set") {
  Config config;
  CHECK(set(config, {"hz", "20", "timeout", "x"}) ==
        "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed "
        "into an integer");
  CHECK(
      set(config, {"timeout", "5", "maxmemory", "x", "databases", "5"}) ==
      "CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config");
  CHECK(set(config, {"timeout", "1", "nosuch", "2"}) ==
        "Unknown option or number of arguments for CONFIG SET - 'nosuch'");
  CHECK(set(config, {"timeout", "1", "TIMEOUT", "2"}) ==
        "CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter");
  CHECK(config.settings() == Settings{});
}

TEST_CASE("two names of one option may be set together, the later one wins") {
  Config config;
  CHECK(set(config, {"slave-priority", "5", "replica-priority", "6"}) == "OK");
  CHECK(config.settings().replica_priority == 6);
}

TEST_CASE("directives that are no options cannot be set") {
  Config config;
  for (const char* name : {"user", "include", "loadmodule", "rename-command", "sentinel"}) {
    CHECK(set(config, {name, "x"}) ==
          "Unknown option or number of arguments for CONFIG SET - '" + std::string(name) + "'");
  }
}

TEST_CASE("protected options need enable-protected-configs, from near or from anywhere") {
  const std::string kRefused =
      "CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config";
  const Pairs kPairs = {"dbfilename", "x.rdb"};
  Config closed;
  CHECK(set(closed, kPairs, Config::Caller::on_this_machine) == kRefused);
  Config local = unlocked(CommandAccess::local);
  CHECK(set(local, kPairs, Config::Caller::elsewhere) == kRefused);
  CHECK(set(local, kPairs, Config::Caller::on_this_machine) == "OK");
  Config open = unlocked(CommandAccess::yes);
  CHECK(set(open, kPairs, Config::Caller::elsewhere) == "OK");
  CHECK(refusal(open, "dbfilename", "a/b") == "dbfilename can't be a path, just a filename");
  CHECK(refusal(open, "dir", "/no/such/directory") == "No such file or directory");
  CHECK(refusal(open, "dir", "") == "No such file or directory");
  CHECK(refusal(open, "dir", "/dev/null") == "Not a directory");
  CHECK(set(open, {"dir", "/"}) == "OK");
  CHECK(open.settings().dir == "/");
}

TEST_CASE("a subscriber hears once of a change, with the values before and after") {
  Config config;
  int calls = 0;
  config.on_change({"hz", "timeout"}, [&](const Settings& before, const Settings& after) {
    ++calls;
    CHECK(before.hz == 10);
    CHECK(after.hz == 20);
    CHECK(after.timeout == 7);
    CHECK(&config.settings() == &after);
    return std::optional<std::string>();
  });
  CHECK(set(config, {"hz", "20", "timeout", "7"}) == "OK");
  CHECK(set(config, {"maxmemory", "1mb"}) == "OK");
  CHECK(calls == 1);
}

TEST_CASE("a subscriber that refuses undoes the change, also with those who had agreed") {
  Config config;
  std::vector<int64_t> seen;
  config.on_change({"slave-priority"}, [&](const Settings&, const Settings& after) {
    seen.push_back(after.replica_priority);
    return std::optional<std::string>();
  });
  config.on_change({"port"}, [](const Settings&, const Settings&) {
    return std::optional<std::string>("Unable to listen on this port. Check server logs.");
  });
  config.on_change({"hz"}, [&](const Settings&, const Settings&) {
    seen.push_back(-1);
    return std::optional<std::string>();
  });
  CHECK(set(config, {"hz", "20", "replica-priority", "5", "port", "1"}) ==
        "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. "
        "Check server logs.");
  CHECK(seen == std::vector<int64_t>{5, 100});
  CHECK(config.settings() == Settings{});
}

TEST_CASE("a configuration without a file cannot be rewritten") {
  const Config config;
  CHECK(config.rewrite() == "The server is running without a config file");
}
