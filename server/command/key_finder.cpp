#include "server/command/key_finder.hpp"

#include <optional>

#include "server/command/arg_reader.hpp"
#include "server/command/command.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

// What follows the keyword, or nothing where there is no such keyword.
std::optional<size_t> start_of(const StartAfter& after, std::span<const Bytes> args) {
  const auto size = static_cast<int64_t>(args.size());
  const int64_t step = after.from < 0 ? -1 : 1;
  int64_t at = after.from < 0 ? size + after.from : after.from;
  for (; at >= 1 && at < size; at += step) {
    if (equals_nocase(args[static_cast<size_t>(at)], after.keyword)) {
      return static_cast<size_t>(at) + 1;
    }
  }
  return std::nullopt;
}

bool walk(const Walk& walk, size_t start, std::span<const Bytes> args, Access access,
          FoundKeys& found) {
  const auto size = static_cast<int64_t>(args.size());
  const auto first = static_cast<int64_t>(start);
  int64_t last = walk.last < 0 ? size + walk.last : first + walk.last;
  if (walk.last < 0 && walk.limit > 1) last = first + (size - first) / walk.limit - 1;
  if (last >= size || last < first) return false;
  for (int64_t at = first; at <= last; at += walk.step) {
    found.add(static_cast<size_t>(at), access);
  }
  return true;
}

bool walk(const WalkCounted& walk, size_t start, std::span<const Bytes> args, Access access,
          FoundKeys& found) {
  const size_t count_at = start + static_cast<size_t>(walk.count);
  const size_t first = start + static_cast<size_t>(walk.first);
  if (count_at >= args.size()) return false;
  const auto count = parse_int64(args[count_at]);
  if (!count || *count < 0) return false;
  if (*count == 0) return true;
  // As a division, so that no count overflows.
  if (first >= args.size()) return false;
  const auto step = static_cast<size_t>(walk.step);
  if (static_cast<uint64_t>(*count - 1) > (args.size() - 1 - first) / step) return false;
  for (size_t i = 0; i < static_cast<size_t>(*count); ++i) found.add(first + i * step, access);
  return true;
}

}  // namespace

void FoundKeys::add(size_t position, Access access) {
  const FoundKey key{.position = static_cast<uint32_t>(position), .access = access};
  if (size_ < kInline) {
    few_[size_] = key;
  } else {
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(key);
  }
  ++size_;
}

void FoundKeys::clear() {
  size_ = 0;
  many_.clear();
}

bool find_spec_keys(const KeySpec& spec, std::span<const Bytes> args, FoundKeys& found) {
  size_t start = 0;
  if (const auto* at = std::get_if<StartAt>(&spec.start)) {
    start = static_cast<size_t>(at->position);
  } else if (const auto* after = std::get_if<StartAfter>(&spec.start)) {
    const auto behind = start_of(*after, args);
    if (!behind) return true;
    start = *behind;
  } else {
    return true;
  }
  return std::visit([&](const auto& how) { return walk(how, start, args, spec.access, found); },
                    spec.walk);
}

bool find_keys(const Command& command, std::span<const Bytes> args, FoundKeys& found) {
  found.clear();
  if (command.find_keys != nullptr) return command.find_keys(args, found);
  for (const KeySpec& spec : command.keys.all()) {
    if (!find_spec_keys(spec, args, found)) return false;
  }
  return true;
}

}  // namespace tidemark::server
