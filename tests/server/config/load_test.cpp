#include "server/config/load.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/server/config/temporary_folder.hpp"

using namespace tidemark::server;

namespace {

std::string error(const std::string& text) {
  try {
    load_config_text(text);
  } catch (const ConfigError& e) {
    const std::string what = e.what();
    const std::string header = "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\n";
    return what.starts_with(header) ? what.substr(header.size()) : what;
  }
  return "";
}

std::string at(int line, const std::string& text, const std::string& what) {
  return "Reading the configuration file, at line " + std::to_string(line) + "\n>>> '" + text +
         "'\n" + what + "\n";
}

const std::string kBad = "Bad directive or wrong number of arguments";

}  // namespace

TEST_CASE("comments, blank lines, case and surrounding blanks do not matter") {
  const LoadedConfig loaded =
      load_config_text("# port 1\r\n\n\t PORT   7777\t\r\nrequirepass \"a\\nb\\x41\"");
  CHECK(loaded.settings.port == 7777);
  CHECK(loaded.settings.requirepass == "a\nbA");
}

TEST_CASE("mistakes are reported with their line, as Redis does") {
  CHECK(error("port 17998\r\n\tfoo bar  \n") == at(2, "foo bar", kBad));
  CHECK(error("port 17998\nport\n") == at(2, "port", "wrong number of arguments"));
  CHECK(error("port 1 2\n") == at(1, "port 1 2", "wrong number of arguments"));
  CHECK(error("#c\n\nport \"17998\n") ==
        at(3, "port \"17998", "Unbalanced quotes in configuration line"));
  CHECK(error("maxmemory 1zb") == at(1, "maxmemory 1zb", "argument must be a memory value"));
  CHECK(error("timeout \"\"") ==
        at(1, "timeout \"\"", "argument couldn't be parsed into an integer"));
  CHECK(error("save 900 1\nsave 0 5") == at(2, "save 0 5", "Invalid save parameters"));
  CHECK(error("save \"\" 1") == at(1, "save \"\" 1", "Invalid save parameters"));
  CHECK(error("notify-keyspace-events K E") ==
        at(1, "notify-keyspace-events K E", "wrong number of arguments"));
  CHECK(error("unixsocketperm 999") ==
        at(1, "unixsocketperm 999", "argument couldn't be parsed as an octal number"));
  CHECK(error("unixsocketperm 1000") ==
        at(1, "unixsocketperm 1000", "argument must be between 0 and 777 inclusive"));
  CHECK(error("replicaof a x") == at(1, "replicaof a x", "Invalid master port"));
  CHECK(error("replicaof a") == at(1, "replicaof a", "wrong number of arguments"));
  CHECK(error("dir /no/such") == at(1, "dir /no/such", "No such file or directory"));
  CHECK(error("appendfilename a/b") ==
        at(1, "appendfilename a/b", "appendfilename can't be a path, just a filename"));
  CHECK(error("sentinel x y") ==
        at(1, "sentinel x y", "sentinel directive while not in sentinel mode"));
  CHECK(error("\"\"") == at(1, "\"\"", kBad));
  for (const char* line : {"user", "loadmodule", "rename-command a", "include", "include a b"}) {
    CHECK(error(line) == at(1, line, kBad));
  }
  CHECK(error("cluster-enabled yes\nreplicaof 127.0.0.1 1\n") ==
        "replicaof directive not allowed in cluster mode\n");
}

TEST_CASE("a durability that is not there yet is refused with a reason") {
  CHECK(error("durability always") ==
        at(1, "durability always",
           "durability everysec and always are not available yet, only write-behind"));
}

TEST_CASE("the first save line replaces the defaults, further ones add, an empty one clears") {
  using Points = std::vector<SavePoint>;
  CHECK(load_config_text("save 900 1\nsave 60 5").settings.save == Points{{900, 1}, {60, 5}});
  CHECK(load_config_text("save 900 1\nsave \"\"").settings.save.empty());
  CHECK(load_config_text("save 900 1\nsave \"\"\nsave 1 2").settings.save == Points{{1, 2}});
  CHECK(load_config_text("save \"900 1 60 2\"").settings.save == Points{{900, 1}, {60, 2}});
}

TEST_CASE("lines for others are kept with their place") {
  const LoadedConfig loaded = load_config_text(
      "user a on >x\n\nuser b off\nloadmodule /x.so 1 2\nrename-command CONFIG \"\"\n");
  REQUIRE(loaded.users.size() == 2);
  CHECK(loaded.users[1].line == 3);
  CHECK(loaded.users[0].words == std::vector<std::string>{"a", "on", ">x"});
  REQUIRE(loaded.modules.size() == 1);
  CHECK(loaded.modules[0].words == std::vector<std::string>{"/x.so", "1", "2"});
  REQUIRE(loaded.renamed_commands.size() == 1);
  CHECK(loaded.renamed_commands[0].words == std::vector<std::string>{"CONFIG", ""});
  CHECK(error_at(loaded.renamed_commands[0], "Why").what() ==
        std::string("\n*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\n"
                    "Reading the configuration file, at line 5\n"
                    ">>> 'rename-command CONFIG \"\"'\nWhy\n"));
}

TEST_CASE("a user is declared once") {
  CHECK(
      error("user a on >x\nuser a on") ==
      at(2, "user a on",
         "Error in user declaration 'a': Duplicate user found. A user can only be defined once in "
         "config files"));
}

TEST_CASE(
    "options without effect are accepted and remembered once each, unless they have their "
    "default") {
  const LoadedConfig loaded =
      load_config_text("activedefrag yes\nport 1\nio-threads 4\nactivedefrag yes\nappendonly no\n");
  CHECK(loaded.without_effect == std::vector<std::string>{"activedefrag", "io-threads"});
}

TEST_CASE("included files count where they stand") {
  const TemporaryFolder folder;
  folder.write("a.conf", "timeout 5\nhz 20\n");
  folder.write("b.conf", "hz 30\n");
  const std::string pattern = (folder.path() / "[ab].conf").string();
  const Settings settings =
      load_config_text("hz 1\ntimeout 1\ninclude " + pattern + "\ntimeout 7\n").settings;
  CHECK(settings.hz == 30);
  CHECK(settings.timeout == 7);
}

TEST_CASE("an include without matches is fine if it has wildcards, an error if not") {
  const TemporaryFolder folder;
  CHECK(error("include " + (folder.path() / "*.conf").string()) == "");
  const std::string missing = (folder.path() / "no.conf").string();
  CHECK(error("include " + missing) ==
        "Fatal error, can't open config file '" + missing + "': No such file or directory");
}

TEST_CASE("a file that includes itself is an error, not a crash") {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "a.conf").string();
  folder.write("a.conf", "include " + path + "\n");
  CHECK(error("include " + path) == at(1, "include " + path, "includes are nested deeper than 16"));
}

TEST_CASE("a mistake in an included file is reported with the line of that file") {
  const TemporaryFolder folder;
  folder.write("a.conf", "\n\nfoo bar\n");
  CHECK(error("include " + (folder.path() / "a.conf").string()) == at(3, "foo bar", kBad));
}

TEST_CASE("the file is read before the options of the command line") {
  const TemporaryFolder folder;
  folder.write("a.conf", "port 1\nhz 20\n");
  const std::string path = (folder.path() / "a.conf").string();
  const std::string_view arguments[] = {path, "--port", "2"};
  const LoadedConfig loaded = load_config(parse_command_line(arguments));
  CHECK(loaded.settings.port == 2);
  CHECK(loaded.settings.hz == 20);
  CHECK(loaded.file == path);
}

TEST_CASE("every line of a whole configuration of redis-server is accepted") {
  CHECK(error(R"(bind 127.0.0.1 -::1
protected-mode yes
port 6379
tcp-backlog 511
supervised auto
proc-title-template "{title} {listen-addr} {server-mode}"
oom-score-adj-values 0 200 800
appendfilename "appendonly.aof"
auto-aof-rewrite-min-size 64mb
notify-keyspace-events ""
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit replica 256mb 64mb 60
client-output-buffer-limit pubsub 32mb 8mb 60
latency-tracking-info-percentiles 50 99 99.9
acl-pubsub-default resetchannels
replicaof no one
server_cpulist 0-7:2
list-max-ziplist-entries 512
list-max-ziplist-value 64
set-max-listpack-entries 128
shutdown-on-sigterm save now
enable-debug-command local
)") == "");
}
