#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/command/key_spec.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

struct Command;

// The argument at `position` is a key; the command's name is at 0.
struct FoundKey {
  uint32_t position = 0;
  Access access = Access::inspect;

  friend bool operator==(const FoundKey&, const FoundKey&) = default;
};

// The keys of one call, in the order of the command's specifications. Allocates only for more than
// kInline of them.
class FoundKeys {
 public:
  static constexpr size_t kInline = 16;

  void add(size_t position, Access access);
  void clear();

  std::span<const FoundKey> all() const {
    return many_.empty() ? std::span<const FoundKey>(few_.data(), size_) : many_;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::array<FoundKey, kInline> few_;
  size_t size_ = 0;
  std::vector<FoundKey> many_;  // all of them, as soon as they are too many
};

// Replaces `found` by the keys of `args`, which start with the command's name; Access::channel is
// among them. Returns false where they make no sense: a count that is no number, is negative, or
// says more than there is. Trusts nothing that the client says. A specification whose keyword is
// missing has no keys. REQUIRES: the arity accepts `args`.
[[nodiscard]] bool find_keys(const Command& command, std::span<const Bytes> args, FoundKeys& found);

// As find_keys(), for a command whose own finder wants to start with what the specification says.
[[nodiscard]] bool find_spec_keys(const KeySpec& spec, std::span<const Bytes> args,
                                  FoundKeys& found);

}  // namespace tidemark::server
