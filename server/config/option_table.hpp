#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/option.hpp"

namespace tidemark::server {

// The rows of one topic, in the order of the default file.
struct OptionTopic {
  std::string_view title;
  std::span<const Option> options;
};

// Every option there is, by topic.
std::span<const OptionTopic> option_topics();

// The option that has this name or alias, in any case of letters, or null.
const Option* find_option(std::string_view name);

// Reads `words` into the option's member. Returns what is wrong (the text after "- " of a CONFIG
// SET error), having changed nothing then. A single word of an option that takes many is split at
// spaces.
std::optional<std::string> read_value(const Option& option, std::span<const std::string> words,
                                      Origin origin, Settings& settings);

// The value as CONFIG GET shows it.
std::string show_value(const Option& option, const Settings& settings);

// What stands after the option's name in a file that sets this value: one string a line, none where
// the value is to have no line.
std::vector<std::string> value_lines(const Option& option, const Settings& settings);

}  // namespace tidemark::server
