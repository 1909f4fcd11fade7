#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/value/block_table.hpp"

namespace tidemark::storage {

// A member of a big set in its block, which is as large as the member and a byte for its length
// (five above 254 bytes), rounded up by the allocator.
class SetMember {
 public:
  static SetMember* make(Bytes text);
  static SetMember* copy(const SetMember& member) { return make(member.key()); }
  static void destroy(SetMember* member);

  Bytes key() const;
  size_t memory_bytes() const;

 private:
  static constexpr uint8_t kLong = 255;
  static size_t block_size(size_t length);

  uint8_t length_;  // or kLong, and then 32 bits of length
};

using MemberTable = BlockTable<SetMember>;

}  // namespace tidemark::storage
