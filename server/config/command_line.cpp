#include "server/config/command_line.hpp"

#include <string>
#include <vector>

#include "server/config/words.hpp"

namespace tidemark::server {
namespace {

// The words that ask for something else than to serve; they count as the first argument only.
bool take_action(std::string_view first, CommandLine& result) {
  if (first == "-v" || first == "--version") {
    result.action = Action::print_version;
  } else if (first == "-h" || first == "--help") {
    result.action = Action::print_help;
  } else if (first == "--print-default-config") {
    result.action = Action::print_default_config;
  } else if (first == "--print-option-docs") {
    result.action = Action::print_option_docs;
  } else if (first == "--print-command-docs") {
    result.action = Action::print_command_docs;
  } else if (first == "--test-memory" || first == "--check-system") {
    result.action = Action::refuse;
    result.refusal = std::string(first) + " is not something that tidemark-server does.";
  } else {
    return false;
  }
  return true;
}

// Whether an option and its value are one argument, as in "--maxmemory 1gb".
bool has_value(std::string_view option) {
  std::vector<std::string> words;
  return split_words(option, words) && words.size() > 1;
}

// Builds configuration text of options, a word at a time.
class OptionLines {
 public:
  void add(std::string_view argument, std::string_view next, std::string& text) {
    const bool option = argument.starts_with("--") && !value_is_due_;
    value_is_due_ = false;
    if (!option) {
      text += ' ' + quoted(argument);
      return;
    }
    const std::string_view name = argument.substr(2);
    if (!text.empty()) text += '\n';
    text += name;
    if (has_value(name)) return;
    // `--save` may go without a value, which empties the list. Everything else takes the next word.
    if (name != "save") {
      value_is_due_ = true;
    } else if (next.data() == nullptr || next.starts_with("--")) {
      text += " \"\"";
    }
  }

 private:
  bool value_is_due_ = false;
};

}  // namespace

CommandLine parse_command_line(std::span<const std::string_view> arguments) {
  CommandLine result;
  if (arguments.empty() || take_action(arguments.front(), result)) return result;

  if (!arguments.front().starts_with('-')) {
    result.file = arguments.front();
    arguments = arguments.subspan(1);
  }
  OptionLines lines;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool last = i + 1 == arguments.size();
    if (arguments[i] == "--sentinel") {
      result.action = Action::refuse;
      result.refusal = "Tidemark is watched by Sentinels, but is none: run redis-sentinel.";
    } else if (arguments[i] == "-" && (i == 0 || last)) {
      result.from_stdin = true;
    } else {
      lines.add(arguments[i], last ? std::string_view() : arguments[i + 1], result.options);
    }
  }
  return result;
}

std::string help_text() {
  return R"(Usage: tidemark-server [file | -] [--option value ...] [-]

Serves Redis clients. Reads configuration from the file, from the standard input where a - stands,
and from the options, which are the directives of the file; later ones win.

  tidemark-server                                    all defaults, port 6379
  tidemark-server /etc/tidemark.conf --port 7777
  echo 'maxmemory 128mb' | tidemark-server - --cores 4
  tidemark-server --save "" --store none

  -v, --version            print the version
  -h, --help               print this
  --print-default-config   print a commented configuration file with all defaults
  --print-option-docs      print the documentation of all options as Markdown
  --print-command-docs     print the documentation of all commands as Markdown
)";
}

}  // namespace tidemark::server
