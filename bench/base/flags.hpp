#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tidemark::bench {

enum class FlagsResult : uint8_t { parsed, helped };

// Command line flags that write straight into the caller's settings, and their --help.
class Flags {
 public:
  // What a flag may set. The pointee must outlive parse().
  using Target = std::variant<uint16_t*, uint32_t*, uint64_t*, double*, std::string*, bool*>;

  explicit Flags(std::string title) : title_(std::move(title)) {}

  template <typename T>
  void add(const char* name, const char* argument, const char* help, T& target) {
    flags_.push_back({name, argument, help, &target});
  }
  void add_switch(const char* name, const char* help, bool& target) {
    flags_.push_back({name, nullptr, help, &target});
  }
  // What follows "--" is not parsed but collected there.
  void collect_rest(std::vector<std::string>& rest) { rest_ = &rest; }

  // Numbers must not be negative. Throws BenchError for what is wrong; prints --help.
  FlagsResult parse(int argc, char** argv);

 private:
  struct Flag {
    const char* name;
    const char* argument;  // null for a switch
    const char* help;
    Target target;
  };
  void print_help() const;

  std::string title_;
  std::vector<Flag> flags_;
  std::vector<std::string>* rest_ = nullptr;
};

}  // namespace tidemark::bench
