#include "storage/value/set_member.hpp"

#include <cstring>
#include <limits>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {

size_t SetMember::block_size(size_t length) {
  return length + (length < kLong ? 1 : 1 + sizeof(uint32_t));
}

SetMember* SetMember::make(Bytes text) {
  ENSURE(text.size() <= std::numeric_limits<uint32_t>::max());
  auto* member = static_cast<SetMember*>(heap::allocate(block_size(text.size())));
  char* to = reinterpret_cast<char*>(member) + 1;
  if (text.size() < kLong) {
    member->length_ = static_cast<uint8_t>(text.size());
  } else {
    member->length_ = kLong;
    const auto length = static_cast<uint32_t>(text.size());
    std::memcpy(to, &length, sizeof length);
    to += sizeof length;
  }
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return member;
}

void SetMember::destroy(SetMember* member) {
  heap::deallocate(member, block_size(member->key().size()));
}

Bytes SetMember::key() const {
  const char* from = reinterpret_cast<const char*>(this) + 1;
  if (length_ < kLong) return {from, length_};
  uint32_t length = 0;
  std::memcpy(&length, from, sizeof length);
  return {from + sizeof length, length};
}

size_t SetMember::memory_bytes() const { return heap::block_bytes(block_size(key().size())); }

}  // namespace tidemark::storage
