#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "storage/base/bytes.hpp"

namespace tidemark::server {

// The text of INFO while it is written: sections of "name:value" lines.
class InfoText {
 public:
  void begin_section(Bytes title) {
    if (!text_.empty()) text_ += "\r\n";
    fmt::format_to(std::back_inserter(text_), "# {}\r\n", title);
  }
  template <typename T>
  void field(Bytes name, const T& value) {
    fmt::format_to(std::back_inserter(text_), "{}:{}\r\n", name, value);
  }
  // A value of several parts, or one with a width of its own.
  template <typename... Parts>
  void line(Bytes name, fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(text_), "{}:", name);
    fmt::format_to(std::back_inserter(text_), format, std::forward<Parts>(parts)...);
    text_ += "\r\n";
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// An amount of memory for people: "895.08K".
std::string human_bytes(uint64_t bytes);

}  // namespace tidemark::server
