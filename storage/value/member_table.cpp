#include "storage/value/member_table.hpp"

#include <cstring>
#include <limits>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"
#include "storage/table/hash.hpp"

namespace tidemark::storage {
namespace {

// Members freed at a time where all of them are to go at once.
constexpr size_t kFreedAtATime = 4096;

}  // namespace

size_t MemberTable::Member::block_size(size_t length) {
  return length + (length < kLong ? 1 : 1 + sizeof(uint32_t));
}

MemberTable::Member* MemberTable::Member::make(Bytes text) {
  ENSURE(text.size() <= std::numeric_limits<uint32_t>::max());
  auto* member = static_cast<Member*>(heap::allocate(block_size(text.size())));
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

void MemberTable::Member::destroy(Member* member) {
  heap::deallocate(member, block_size(member->text().size()));
}

Bytes MemberTable::Member::text() const {
  const char* from = reinterpret_cast<const char*>(this) + 1;
  if (length_ < kLong) return {from, length_};
  uint32_t length = 0;
  std::memcpy(&length, from, sizeof length);
  return {from + sizeof length, length};
}

size_t MemberTable::Member::memory_bytes() const {
  return heap::block_bytes(block_size(text().size()));
}

MemberTable::MemberTable(const MemberTable& other) {
  uint64_t cursor = 0;
  do {
    cursor = other.scan_step(cursor, [this](Bytes text) { add(hash_of(text), text); });
  } while (cursor != 0);
}

MemberTable::~MemberTable() {
  while (free_some(kFreedAtATime)) {
  }
}

uint64_t MemberTable::hash_of(Bytes text) { return hash_bytes(text); }

void MemberTable::add(uint64_t hash, Bytes text) {
  Member* member = Member::make(text);
  table_.insert(hash, member);
  member_bytes_ += member->memory_bytes();
}

bool MemberTable::insert(Bytes text) {
  const uint64_t hash = hash_of(text);
  if (table_.find(hash, text) != nullptr) return false;
  add(hash, text);
  return true;
}

bool MemberTable::erase(Bytes text) {
  const uint64_t hash = hash_of(text);
  Slot* slot = table_.find(hash, text);
  if (slot == nullptr) return false;
  Member* member = table_.erase(hash, slot);
  member_bytes_ -= member->memory_bytes();
  Member::destroy(member);
  return true;
}

void MemberTable::erase(const Member* member) {
  const uint64_t hash = Traits::hash(*member);
  Member* erased = table_.erase(hash, table_.find_entry(hash, member));
  member_bytes_ -= erased->memory_bytes();
  Member::destroy(erased);
}

bool MemberTable::free_some(size_t budget) {
  return table_.drain(budget, [this](Member* member) {
    member_bytes_ -= member->memory_bytes();
    Member::destroy(member);
  });
}

void MemberTable::check() const {
  table_.check();
  size_t bytes = 0;
  size_t members = 0;
  uint64_t cursor = 0;
  do {
    cursor = table_.scan_step(cursor, [&](const Member& member) {
      bytes += member.memory_bytes();
      ++members;
      ENSURE(contains(member.text()));
    });
  } while (cursor != 0);
  ENSURE(bytes == member_bytes_ && members == size());
}

}  // namespace tidemark::storage
