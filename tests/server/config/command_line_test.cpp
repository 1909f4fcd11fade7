#include "server/config/command_line.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "server/config/load.hpp"

using namespace tidemark::server;

namespace {

CommandLine parse(const std::vector<std::string_view>& arguments) {
  return parse_command_line(arguments);
}

Settings settings(const std::vector<std::string_view>& arguments) {
  return load_config(parse(arguments)).settings;
}

std::string error(const std::vector<std::string_view>& arguments) {
  try {
    load_config(parse(arguments));
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

std::string fatal(int line, const std::string& text, const std::string& what) {
  return "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\nReading the configuration file, at "
         "line " +
         std::to_string(line) + "\n>>> '" + text + "'\n" + what + "\n";
}

}  // namespace

TEST_CASE("without arguments the defaults are served") {
  CHECK(parse({}).action == Action::serve);
  CHECK(settings({}) == Settings{});
}

TEST_CASE("some words ask for something else, in the first place only") {
  CHECK(parse({"-v"}).action == Action::print_version);
  CHECK(parse({"--version", "x"}).action == Action::print_version);
  CHECK(parse({"-h"}).action == Action::print_help);
  CHECK(parse({"--help"}).action == Action::print_help);
  CHECK(parse({"--print-default-config"}).action == Action::print_default_config);
  CHECK(parse({"--print-option-docs"}).action == Action::print_option_docs);
  CHECK(parse({"--print-command-docs"}).action == Action::print_command_docs);
  CHECK(error({"--port", "1", "--version"}) ==
        fatal(3, "version", "Bad directive or wrong number of arguments"));
}

TEST_CASE("modes of Redis that are not ours are refused by name") {
  for (const char* mode : {"--sentinel", "--test-memory", "--check-system"}) {
    CAPTURE(mode);
    CHECK(parse({mode}).action == Action::refuse);
    CHECK_FALSE(parse({mode}).refusal.empty());
  }
  CHECK(parse({"sentinel.conf", "--sentinel"}).action == Action::refuse);
}

TEST_CASE("the first word that is no option is the file, a dash is the standard input") {
  CHECK(parse({"a.conf", "--port", "1"}).file == "a.conf");
  CHECK_FALSE(parse({"a.conf", "--port", "1"}).from_stdin);
  CHECK(parse({"-"}).from_stdin);
  CHECK(parse({"a.conf", "--loglevel", "verbose", "-"}).from_stdin);
  CHECK(parse({"-", "--port", "1"}).from_stdin);
}

TEST_CASE("options take their values as one word or as several") {
  CHECK(settings({"--port", "7777", "--loglevel", "verbose"}).port == 7777);
  const std::vector<SavePoint> points = {{3600, 1}, {300, 10}};
  CHECK(settings({"--save", "3600", "1", "300", "10"}).save == points);
  CHECK(settings({"--save", "3600 1 300 10"}).save == points);
  CHECK(settings({"--save", "3600", "1", "--save", "300", "10"}).save == points);
  CHECK(settings({"--shutdown-on-sigint", "nosave", "force"}).shutdown_on_sigint.force);
  CHECK(settings({"--shutdown-on-sigint", "nosave force"}).shutdown_on_sigint.force);
  CHECK(settings({"--client-output-buffer-limit", "normal", "1", "2", "3"})
            .client_output_buffer_limit.normal.soft_seconds == 3);
}

TEST_CASE("an option and its value may be one argument") {
  const Settings both = settings({"--maxmemory 700mb", "--maxmemory-policy 'volatile-lru'"});
  CHECK(both.maxmemory == uint64_t{700} << 20);
  CHECK(both.maxmemory_policy == MaxmemoryPolicy::volatile_lru);
  CHECK(settings({"--proc-title-template --x", "--port", "1"}).proc_title_template == "--x");
  CHECK(error({"--port 'x"}) == fatal(2, "port 'x", "Unbalanced quotes in configuration line"));
}

TEST_CASE("save may go without a value, which empties it") {
  CHECK(settings({"--save"}).save.empty());
  CHECK(settings({"--save", ""}).save.empty());
  const Settings both = settings({"--save", "--loglevel", "verbose"});
  CHECK(both.save.empty());
  CHECK(both.loglevel == LogLevel::verbose);
}

TEST_CASE("the word after an option is its value even if it looks like an option") {
  CHECK(settings({"--proc-title-template", "--x"}).proc_title_template == "--x");
  CHECK(settings({"--requirepass", "a\"b c"}).requirepass == "a\"b c");
  CHECK(error({"--port", "17997", "--loglevel", "--port", "17997"}) ==
        fatal(3, "loglevel \"--port\" \"17997\"", "wrong number of arguments"));
}

TEST_CASE("mistakes on the command line are shown as lines of a file") {
  const std::string kBad = "Bad directive or wrong number of arguments";
  CHECK(error({"--port=17997"}) == fatal(2, "port=17997", kBad));
  CHECK(error({"--port", "17997", "--foo", "bar"}) == fatal(3, "foo \"bar\"", kBad));
  CHECK(error({"--port", "17997", "foo"}) ==
        fatal(2, "port \"17997\" \"foo\"", "wrong number of arguments"));
  CHECK(error({"--port"}) == fatal(2, "port", "wrong number of arguments"));
  CHECK(error({"-x"}) == fatal(2, "\"-x\"", kBad));
  CHECK(error({"--port", "1", "--", "foo"}) == fatal(3, "\"foo\"", kBad));
  CHECK(
      error({"--loglevel", ""}) ==
      fatal(2, "loglevel \"\"",
            "argument(s) must be one of the following: debug, verbose, notice, warning, nothing"));
}

TEST_CASE("a file that cannot be opened is named with its whole path") {
  CHECK(error({"/no/such.conf"}) ==
        "Fatal error, can't open config file '/no/such.conf': No such file or directory");
}
