#include "bench/base/flags.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include "bench/base/endpoint.hpp"

namespace tidemark::bench {

namespace {

void assign(const char* name, const std::string& text, const Flags::Target& target) {
  std::visit(
      [&](auto* value) {
        using T = std::remove_pointer_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>) {
          *value = true;
        } else if constexpr (std::is_same_v<T, std::string>) {
          *value = text;
        } else {
          T parsed{};
          const char* const end = text.data() + text.size();
          const auto [stop, error] = std::from_chars(text.data(), end, parsed);
          if (error != std::errc{} || stop != end || !(parsed >= T{})) {
            throw BenchError(std::string(name) + ": not a number in range: " + text);
          }
          *value = parsed;
        }
      },
      target);
}

}  // namespace

void Flags::print_help() const {
  std::printf("%s\n\n", title_.c_str());
  for (const Flag& flag : flags_) {
    const std::string left =
        flag.argument == nullptr ? flag.name : std::string(flag.name) + " <" + flag.argument + ">";
    std::printf("  %-28s%s\n", left.c_str(), flag.help);
  }
}

FlagsResult Flags::parse(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--help") == 0) {
      print_help();
      return FlagsResult::helped;
    }
    if (rest_ != nullptr && std::strcmp(argv[i], "--") == 0) {
      rest_->assign(argv + i + 1, argv + argc);
      break;
    }
    const auto found = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) {
      return std::strcmp(flag.name, argv[i]) == 0;
    });
    if (found == flags_.end()) {
      throw BenchError("no such option: " + std::string(argv[i]) + " (see --help)");
    }
    if (found->argument != nullptr && i + 1 == argc) {
      throw BenchError(std::string(found->name) + " needs <" + found->argument + ">");
    }
    const std::string text = found->argument == nullptr ? std::string() : argv[++i];
    assign(found->name, text, found->target);
  }
  return FlagsResult::parsed;
}

}  // namespace tidemark::bench
