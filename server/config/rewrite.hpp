#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/config/settings.hpp"

namespace tidemark::server {

// What the text of a configuration file becomes when the settings have changed since it was read:
//   - comments, blank lines, includes and lines of others stay where they are;
//   - lines of an option that still say what the settings say stay as they are written;
//   - else the first line of the option is replaced, its further lines go, and lines that it needs
//     beyond those stand after the last;
//   - options that have no line and not their default are appended, under a comment (with
//     `spelled_out` those that have it, too);
//   - `more_lines` replace, in the same way, all lines that begin with the same word.
enum class Defaults : uint8_t { left_out, spelled_out };
std::string rewritten_text(std::string_view text, const Settings& settings,
                           std::span<const std::string> more_lines,
                           Defaults defaults = Defaults::left_out);

// Does that to a file: at any time, also after a power cut, it has either the old or the new text.
// Keeps its permissions. A file that is missing is made. Returns the text of an error reply.
std::optional<std::string> rewrite_file(const std::string& path, const Settings& settings,
                                        std::span<const std::string> more_lines, Defaults defaults);

}  // namespace tidemark::server
