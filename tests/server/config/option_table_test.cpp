#include "server/config/option_table.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>

#include "server/config/config.hpp"
#include "server/config/words.hpp"

using namespace tidemark::server;

namespace {

template <typename Visit>
void for_each_option(Visit visit) {
  for (const OptionTopic& topic : option_topics()) {
    for (const Option& option : topic.options) visit(option);
  }
}

}  // namespace

TEST_CASE("an option is found by either name in any case") {
  REQUIRE(find_option("maxmemory") != nullptr);
  CHECK(find_option("MaxMemory") == find_option("maxmemory"));
  CHECK(find_option("slave-priority") == find_option("replica-priority"));
  CHECK(find_option("hash-max-ziplist-entries")->name == "hash-max-listpack-entries");
  CHECK(find_option("maxmemor") == nullptr);
  CHECK(find_option("") == nullptr);
}

TEST_CASE("every option that is shown has documentation of whole sentences") {
  for_each_option([](const Option& option) {
    CAPTURE(option.name);
    if (option.visibility == Visibility::hidden) return;
    CHECK(option.doc.size() > 10);
    CHECK(option.doc.ends_with('.'));
  });
}

TEST_CASE("every default is a value that its own row accepts and shows unchanged") {
  const Settings defaults;
  for_each_option([&](const Option& option) {
    CAPTURE(option.name);
    const std::string shown = show_value(option, defaults);
    if (option.name == "replicaof") return;  // no replicated server has no spelling but absence
    Settings settings;
    CHECK(read_value(option, {&shown, 1}, Origin::command, settings) == std::nullopt);
    CHECK(show_value(option, settings) == shown);
  });
}

TEST_CASE("the lines of a value read back as the value") {
  for_each_option([](const Option& option) {
    CAPTURE(option.name);
    const Settings defaults;
    Settings settings;
    Origin origin = Origin::first_in_file;
    for (const std::string& line : value_lines(option, defaults)) {
      std::vector<std::string> words;
      REQUIRE(split_words(line, words));
      CHECK(read_value(option, words, origin, settings) == std::nullopt);
      origin = Origin::again_in_file;
    }
    CHECK(show_value(option, settings) == show_value(option, defaults));
  });
}

TEST_CASE("a value that is refused changes nothing") {
  const std::string garbage[] = {"\x01 garbage", "-7%", "1 2 3 4 5 6 7", "99999999999999999999"};
  for_each_option([&](const Option& option) {
    CAPTURE(option.name);
    for (const std::string& value : garbage) {
      const Settings before;
      Settings settings;
      if (read_value(option, {&value, 1}, Origin::command, settings)) CHECK(settings == before);
    }
  });
}

TEST_CASE("all names that redis-server 7.0 shows are there, with its defaults unless listed") {
  // Where the default is another on purpose, or depends on the process.
  const std::set<std::string, std::less<>> differs = {"dir"};
  std::ifstream file(TEST_DATA_DIR "/redis-7.0-defaults.txt");
  REQUIRE(file);
  const Settings defaults;
  int names = 0;
  for (std::string line; std::getline(file, line); ++names) {
    const size_t tab = line.find('\t');
    const std::string name = line.substr(0, tab);
    CAPTURE(name);
    const Option* const option = find_option(name);
    REQUIRE(option != nullptr);
    if (!differs.contains(name)) CHECK(show_value(*option, defaults) == line.substr(tab + 1));
  }
  CHECK(names > 190);
}

TEST_CASE("what redis-server 7.0 fixes at start or protects is so here too") {
  for (const char* name :
       {"databases", "aclfile", "logfile", "daemonize", "io-threads", "rdbchecksum", "unixsocket",
        "tcp-backlog", "enable-protected-configs", "slaveof"}) {
    CAPTURE(name);
    CHECK(find_option(name)->change == Change::startup);
  }
  CHECK(find_option("dir")->guard == Guard::locked);
  CHECK(find_option("dbfilename")->guard == Guard::locked);
}

TEST_CASE("what is fixed at start and redis-server 7.0 does not know is marked as ours") {
  std::set<std::string, std::less<>> redis;
  std::ifstream file(TEST_DATA_DIR "/redis-7.0-defaults.txt");
  REQUIRE(file);
  for (std::string line; std::getline(file, line);) redis.insert(line.substr(0, line.find('\t')));
  for_each_option([&](const Option& option) {
    if (option.change == Change::live || option.visibility == Visibility::hidden) return;
    CAPTURE(option.name);
    CHECK((option.change == Change::startup) == redis.contains(option.name));
  });
}

TEST_CASE("passwords are secret") {
  for (const char* name : {"requirepass", "masterauth", "masteruser", "tls-key-file-pass",
                           "tls-client-key-file-pass", "store-url"}) {
    CAPTURE(name);
    CHECK(is_secret_option(name));
  }
  CHECK_FALSE(is_secret_option("port"));
  CHECK_FALSE(is_secret_option("no-such-option"));
}
