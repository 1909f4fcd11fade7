#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "storage/base/bytes.hpp"
#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"
#include "storage/table/hash.hpp"
#include "storage/table/table.hpp"

namespace tidemark::storage {

// A member of a sorted set with its score, in the one block that it takes:
//
//   offset 0   score (8 bytes)
//          8   length of the member where that is below 255; else 255, and the length in 32 bits
//              member
class ScoredMember {
 public:
  ScoredMember(const ScoredMember&) = delete;
  ScoredMember& operator=(const ScoredMember&) = delete;

  static ScoredMember* make(Bytes member, double score) {
    ENSURE(member.size() <= UINT32_MAX);
    auto* element = new (heap::allocate(bytes_for(member.size()))) ScoredMember(score);
    char* to = element->tail();
    if (member.size() < kLong) {
      *to++ = static_cast<char>(member.size());
    } else {
      const auto length = static_cast<uint32_t>(member.size());
      *to++ = static_cast<char>(kLong);
      std::memcpy(to, &length, sizeof length);
      to += sizeof length;
    }
    if (!member.empty()) std::memcpy(to, member.data(), member.size());
    return element;
  }
  static void destroy(ScoredMember* element) {
    heap::deallocate(element, bytes_for(element->member().size()));
  }

  double score() const { return score_; }
  void set_score(double score) { score_ = score; }
  Bytes member() const {
    const char* from = tail();
    const auto first = static_cast<uint8_t>(*from++);
    if (first < kLong) return {from, first};
    uint32_t length = 0;
    std::memcpy(&length, from, sizeof length);
    return {from + sizeof length, length};
  }
  size_t memory_bytes() const { return heap::block_bytes(bytes_for(member().size())); }

 private:
  static constexpr uint8_t kLong = 255;

  explicit ScoredMember(double score) : score_(score) {}

  static size_t bytes_for(size_t length) {
    return sizeof(ScoredMember) + (length < kLong ? 1 : 1 + sizeof(uint32_t)) + length;
  }
  char* tail() { return reinterpret_cast<char*>(this + 1); }
  const char* tail() const { return reinterpret_cast<const char*>(this + 1); }

  double score_;
};

// From a member to its block.
struct ScoredMemberTraits {
  using Entry = ScoredMember;
  using Key = Bytes;
  static bool equal(const ScoredMember& element, const Bytes& member) {
    return element.member() == member;
  }
  static uint64_t hash(const ScoredMember& element) { return hash_bytes(element.member()); }
};
using ScoredMemberTable = Table<ScoredMemberTraits>;

}  // namespace tidemark::storage
