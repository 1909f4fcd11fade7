#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/table/table.hpp"

namespace tidemark::storage {

// The members of a big set: a hash table of blocks, one a member, each as large as its member and a
// byte for the length (five above 254 bytes), rounded up by the allocator.
class MemberTable {
 public:
  // A member in its block.
  class Member {
   public:
    static Member* make(Bytes text);
    static void destroy(Member* member);

    Bytes text() const;
    size_t memory_bytes() const;

   private:
    static constexpr uint8_t kLong = 255;
    static size_t block_size(size_t length);

    uint8_t length_;  // or kLong, and then 32 bits of length
  };

  MemberTable() = default;
  MemberTable(const MemberTable& other);
  MemberTable& operator=(const MemberTable&) = delete;
  ~MemberTable();

  size_t size() const { return table_.size(); }
  // Of the table and the members, without this object.
  size_t memory_bytes() const { return table_.memory_bytes() + member_bytes_; }

  bool contains(Bytes text) const { return table_.find(hash_of(text), text) != nullptr; }
  // False where it is there already.
  bool insert(Bytes text);
  // False where it is not there.
  bool erase(Bytes text);
  // Erases the member that this is; it lies in this table.
  void erase(const Member* member);

  // One picked fairly. REQUIRES: not empty.
  template <typename NextRandom>
  const Member* random(NextRandom&& next_random) const {
    return table_.random_entry(next_random);
  }
  // One step of a scan, see Table. visit(Bytes) must not change the table.
  template <typename Visit>
  uint64_t scan_step(uint64_t cursor, Visit&& visit) const {
    return table_.scan_step(cursor, [&visit](const Member& member) { visit(member.text()); });
  }

  // Frees about `budget` members; false when none is left. Until then only this, size() and
  // memory_bytes() may be called.
  bool free_some(size_t budget);

  // Verifies the table and the count of bytes.
  void check() const;

 private:
  struct Traits {
    using Entry = Member;
    using Key = Bytes;
    static bool equal(const Member& member, const Bytes& text) { return member.text() == text; }
    static uint64_t hash(const Member& member) { return hash_of(member.text()); }
  };

  static uint64_t hash_of(Bytes text);
  void add(uint64_t hash, Bytes text);

  Table<Traits> table_;
  size_t member_bytes_ = 0;
};

}  // namespace tidemark::storage
