#include "server/log/log.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <thread>
#include <vector>

using namespace tidemark::server;

namespace {

// Logs into a file of its own, and to standard output again afterwards.
class LogFile {
 public:
  explicit LogFile(LogLevel level = LogLevel::notice) {
    std::string name = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    Settings settings;
    settings.logfile = path().string();
    settings.loglevel = level;
    REQUIRE(log::open(settings) == std::nullopt);
  }
  ~LogFile() {
    log::open(Settings{});
    std::filesystem::remove_all(folder_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  std::filesystem::path path() const { return folder_ / "log"; }
  std::string text() const { return text_of(path()); }
  static std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path folder_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

}  // namespace

TEST_CASE("a line has Redis's format") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  CHECK(log::format({.pid = 42, .role = 'M', .unix_ms = 1700000000007, .message = "ready"}) ==
        "42:M 14 Nov 2023 22:13:20.007 * ready\n");
  const auto sign = [](log::Level level) {
    return log::format({.level = level, .message = "x"}).substr(29, 1);
  };
  CHECK(sign(log::Level::debug) == ".");
  CHECK(sign(log::Level::verbose) == "-");
  CHECK(sign(log::Level::notice) == "*");
  CHECK(sign(log::Level::warning) == "#");
}

TEST_CASE("a message cannot end its line") {
  const std::string line = log::format({.message = std::string_view("a\r\nb\0\x1b\tc", 8)});
  CHECK(line.ends_with(" a\\r\\nb\\x00\\x1b\tc\n"));
}

TEST_CASE("messages below the level are not written") {
  const LogFile file(LogLevel::verbose);
  log::debug("no");
  log::verbose("one");
  log::warning("two");
  CHECK_FALSE(log::enabled(log::Level::debug));
  log::set_level(LogLevel::nothing);
  log::warning("no");
  log::set_level(LogLevel::debug);
  log::debug("three");
  const std::vector<std::string> lines = lines_of(file.text());
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].ends_with(" - one"));
  CHECK(lines[1].ends_with(" # two"));
  CHECK(lines[2].ends_with(" . three"));
}

TEST_CASE("a line tells the process and its role") {
  const LogFile file;
  log::set_role('S');
  log::notice("x");
  log::set_role('M');
  const std::string pid = std::to_string(::getpid());
  CHECK(std::regex_match(
      file.text(),
      std::regex(pid + ":S [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8}\\.[0-9]{3} \\* x\n")));
}

TEST_CASE("a file that cannot be opened is an error, and the old one stays in use") {
  const LogFile file;
  Settings settings;
  settings.logfile = "/no/such/folder/log";
  CHECK(log::open(settings) == "Can't open the log file: No such file or directory");
  log::notice("still here");
  CHECK(lines_of(file.text()).size() == 1);
}

TEST_CASE("after a rotation, reopening goes on in a new file of the old name") {
  const LogFile file;
  log::notice("before");
  const auto rotated = file.path().string() + ".1";
  std::filesystem::rename(file.path(), rotated);
  log::notice("between");
  CHECK(log::reopen() == std::nullopt);
  log::notice("after");
  CHECK(lines_of(LogFile::text_of(rotated)).size() == 2);
  REQUIRE(lines_of(file.text()).size() == 1);
  CHECK(lines_of(file.text())[0].ends_with("after"));
}

TEST_CASE("an existing file is appended to") {
  const LogFile file;
  log::notice("one");
  Settings settings;
  settings.logfile = file.path().string();
  CHECK(log::open(settings) == std::nullopt);
  log::notice("two");
  CHECK(lines_of(file.text()).size() == 2);
}

TEST_CASE("lines of many threads never mix, also while the file is opened anew") {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  const LogFile file;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      const std::string message(50 + static_cast<size_t>(t), static_cast<char>('a' + t));
      for (int i = 0; i < kLines; ++i) log::notice(message);
    });
  }
  for (int i = 0; i < 50; ++i) CHECK(log::reopen() == std::nullopt);
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = lines_of(file.text());
  CHECK(lines.size() == kThreads * kLines);
  const std::regex whole("[0-9]+:M .{24} \\* (a{50}|b{51}|c{52}|d{53})");
  for (const std::string& line : lines) {
    if (!std::regex_match(line, whole)) FAIL_CHECK(line);
  }
}
