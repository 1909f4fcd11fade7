#include "server/core/slow_log.hpp"

#include <utility>

#include <fmt/format.h>

namespace tidemark::server {

namespace {

constexpr size_t kArgsMax = 32;
constexpr size_t kArgBytesMax = 128;

}  // namespace

std::vector<std::string> shorten_args(std::span<const Bytes> args) {
  // Where arguments are left out, the note about them is one of the 32.
  const size_t kept = args.size() > kArgsMax ? kArgsMax - 1 : args.size();
  std::vector<std::string> shortened;
  shortened.reserve(kArgsMax);
  for (const Bytes arg : args.first(kept)) {
    std::string text(arg.substr(0, kArgBytesMax));
    if (arg.size() > kArgBytesMax) {
      text += fmt::format("... ({} more bytes)", arg.size() - kArgBytesMax);
    }
    shortened.push_back(std::move(text));
  }
  if (kept < args.size()) {
    shortened.push_back(fmt::format("... ({} more arguments)", args.size() - kept));
  }
  return shortened;
}

void SlowLog::add(SlowCommand command, size_t length_max) {
  commands_.push_front(std::move(command));
  trim(length_max);
}

void SlowLog::trim(size_t length_max) {
  while (commands_.size() > length_max) commands_.pop_back();
}

}  // namespace tidemark::server
