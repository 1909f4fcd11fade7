#include "server/config/load.hpp"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include "server/config/option_table.hpp"
#include "server/config/value_text.hpp"
#include "server/config/version.hpp"
#include "server/config/words.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {
namespace {

// A file that includes itself must end as a message, not as a stack overflow.
constexpr int kIncludeDepthMax = 16;

constexpr const char* kBadDirective = "Bad directive or wrong number of arguments";

// What is wrong with one directive; becomes a ConfigError once the line is known.
struct BadLine {
  std::string text;
};

std::string error_header() {
  return "\n*** FATAL CONFIG FILE ERROR (Redis " + std::string(kRedisVersion) + ") ***\n";
}

std::string_view trimmed(std::string_view line) {
  static constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = line.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kBlanks) - begin + 1);
}

std::string read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(path, ignored)) {
    const char* const reason = file ? "Is a directory" : std::strerror(errno);
    throw ConfigError("Fatal error, can't open config file '" + path + "': " + reason);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

// The files that an include names, in order. A path without wildcards is itself, be it there or
// not.
std::vector<std::string> expand(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t matches{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
    paths.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  }
  ::globfree(&matches);
  return paths;
}

class Loader {
 public:
  explicit Loader(LoadedConfig& config) : config_(config) {}

  void load_text(std::string_view text) {
    int line_number = 0;
    while (!text.empty()) {
      ++line_number;
      const size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = trimmed(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.empty() || line.front() == '#') continue;
      try {
        load_line(line, line_number);
      } catch (const BadLine& bad) {
        throw error_at({.line = line_number, .text = std::string(line), .words = {}}, bad.text);
      }
    }
  }

  // What can only be said when everything is read.
  void finish() {
    if (config_.settings.cluster_enabled && !config_.settings.replicaof.host.empty()) {
      throw ConfigError(error_header() + "replicaof directive not allowed in cluster mode\n");
    }
    // Nobody needs to be warned of a line that asks for what is the case anyhow.
    const Settings defaults;
    for (const Option* const option : without_effect_) {
      if (show_value(*option, config_.settings) != show_value(*option, defaults)) {
        config_.without_effect.emplace_back(option->name);
      }
    }
  }

 private:
  void load_line(std::string_view line, int line_number) {
    std::vector<std::string> words;
    if (!split_words(line, words)) throw BadLine{"Unbalanced quotes in configuration line"};
    const std::string name = lower_case(words.front());
    words.erase(words.begin());
    if (const Option* const option = find_option(name)) {
      load_option(*option, words);
    } else {
      load_directive(name,
                     {.line = line_number, .text = std::string(line), .words = std::move(words)});
    }
  }

  void load_option(const Option& option, const std::vector<std::string>& words) {
    const bool first = seen_.insert(&option).second;
    const Origin origin = first ? Origin::first_in_file : Origin::again_in_file;
    if (auto error = read_value(option, words, origin, config_.settings)) {
      throw BadLine{std::move(*error)};
    }
    if (first && option.effect == Effect::accepted) without_effect_.push_back(&option);
  }

  // What may stand in a file without being an option.
  void load_directive(const std::string& name, DirectiveLine line) {
    const size_t words = line.words.size();
    if (name == "include" && words == 1) {
      include(line.words.front());
    } else if (name == "user" && words >= 1) {
      add_user(std::move(line));
    } else if (name == "loadmodule" && words >= 1) {
      config_.modules.push_back(std::move(line));
    } else if (name == "rename-command" && words == 2) {
      config_.renamed_commands.push_back(std::move(line));
    } else if (name == "sentinel") {
      throw BadLine{"sentinel directive while not in sentinel mode"};
    } else if (words == 1 &&
               (name == "list-max-ziplist-entries" || name == "list-max-ziplist-value")) {
      // Redis has ignored these two since lists got pieces.
    } else {
      throw BadLine{kBadDirective};
    }
  }

  void add_user(DirectiveLine line) {
    const std::string& name = line.words.front();
    const auto same_name = [&name](const DirectiveLine& other) {
      return other.words.front() == name;
    };
    if (std::any_of(config_.users.begin(), config_.users.end(), same_name)) {
      throw BadLine{"Error in user declaration '" + name +
                    "': Duplicate user found. A user can only be defined once in config files"};
    }
    config_.users.push_back(std::move(line));
  }

  void include(const std::string& pattern) {
    if (depth_ == kIncludeDepthMax) {
      throw BadLine{"includes are nested deeper than " + std::to_string(kIncludeDepthMax)};
    }
    ++depth_;
    for (const std::string& path : expand(pattern)) load_text(read_file(path));
    --depth_;
  }

  LoadedConfig& config_;
  std::set<const Option*> seen_;
  std::vector<const Option*> without_effect_;
  int depth_ = 0;
};

}  // namespace

ConfigError error_at(const DirectiveLine& line, std::string_view complaint) {
  return ConfigError(error_header() + "Reading the configuration file, at line " +
                     std::to_string(line.line) + "\n>>> '" + line.text + "'\n" +
                     std::string(complaint) + '\n');
}

LoadedConfig load_config_text(std::string_view text) {
  LoadedConfig config;
  Loader loader(config);
  loader.load_text(text);
  loader.finish();
  return config;
}

// One text is made of all sources, so that the line numbers of errors are those of Redis: the
// options of the command line follow the file's lines, the first of them on line 2 where there is
// no file.
LoadedConfig load_config(const CommandLine& command_line) {
  std::string file;
  std::string text;
  if (!command_line.file.empty()) {
    file = std::filesystem::absolute(command_line.file).lexically_normal().string();
    text = read_file(file);
  }
  if (command_line.from_stdin) {
    text += '\n';
    text.append(std::istreambuf_iterator<char>(std::cin), {});
  }
  if (!command_line.options.empty()) text += '\n' + command_line.options;

  LoadedConfig config = load_config_text(text);
  config.given = !file.empty() || !text.empty();
  config.file = std::move(file);
  return config;
}

}  // namespace tidemark::server
