#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <utility>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/base/ensure.hpp"
#include "storage/table/hash.hpp"
#include "storage/table/table.hpp"

namespace tidemark::storage {

// The elements of a large collection, each in a block of its own, in a hash table that finds them
// by their keys and knows what all of them take from the allocator. It owns the blocks.
//
//   class Block {
//     static Block* make(Bytes key, ...);
//     static Block* copy(const Block&);
//     static void destroy(Block*);
//     Bytes key() const;
//     size_t memory_bytes() const;
//   };
template <typename Block>
class BlockTable {
 public:
  BlockTable() = default;
  BlockTable(const BlockTable& other) {
    uint64_t cursor = 0;
    do {
      cursor = other.scan_step(
          cursor, [this](const Block& block) { add(hash_bytes(block.key()), Block::copy(block)); });
    } while (cursor != 0);
  }
  BlockTable& operator=(const BlockTable&) = delete;
  ~BlockTable() {
    while (free_some(kFreedAtATime)) {
    }
  }

  size_t size() const { return table_.size(); }
  // Of the table and the blocks, without this object.
  size_t memory_bytes() const { return table_.memory_bytes() + block_bytes_; }

  // Null where there is none.
  const Block* find(Bytes key) const {
    const Slot* slot = table_.find(hash_bytes(key), key);
    return slot == nullptr ? nullptr : Blocks::entry_of(*slot);
  }
  bool contains(Bytes key) const { return find(key) != nullptr; }
  // A block made of the key and the rest; false where the key is there already.
  template <typename... Rest>
  bool insert(Bytes key, const Rest&... rest) {
    const uint64_t hash = hash_bytes(key);
    if (table_.find(hash, key) != nullptr) return false;
    add(hash, Block::make(key, rest...));
    return true;
  }
  // The same; where the key is there, change(Block*) returns where its block is afterwards.
  template <typename Change, typename... Rest>
  bool insert_or_change(Bytes key, Change&& change, const Rest&... rest) {
    const uint64_t hash = hash_bytes(key);
    Slot* slot = table_.find(hash, key);
    if (slot == nullptr) {
      add(hash, Block::make(key, rest...));
      return true;
    }
    change_at(*slot, std::forward<Change>(change));
    return false;
  }
  // REQUIRES: the key is there. change(Block*) as above.
  template <typename Change>
  void change(Bytes key, Change&& change) {
    Slot* slot = table_.find(hash_bytes(key), key);
    ENSURE(slot != nullptr);
    change_at(*slot, std::forward<Change>(change));
  }
  // False where it is not there. before(const Block&) is called first where it is.
  template <typename Before>
  bool erase(Bytes key, Before&& before) {
    const uint64_t hash = hash_bytes(key);
    Slot* slot = table_.find(hash, key);
    if (slot == nullptr) return false;
    before(*Blocks::entry_of(*slot));
    free(table_.erase(hash, slot));
    return true;
  }
  bool erase(Bytes key) {
    return erase(key, [](const Block&) {});
  }
  // Erases this very block, which is of this table.
  void erase(const Block* block) {
    const uint64_t hash = hash_bytes(block->key());
    free(table_.erase(hash, table_.find_entry(hash, block)));
  }

  // One picked fairly. REQUIRES: not empty.
  template <typename NextRandom>
  const Block* random(NextRandom&& next_random) const {
    return table_.random_entry(next_random);
  }
  // `count` different ones for which accept(const Block&) holds, or fewer where so many draws were
  // not enough; few are while the ones wanted are a small part of all. REQUIRES: not empty.
  template <typename NextRandom, typename Accept>
  std::vector<const Block*> pick(size_t count, size_t draws_max, NextRandom&& next_random,
                                 Accept&& accept) const {
    std::unordered_set<const Block*> drawn;
    std::vector<const Block*> picked;
    for (size_t draws = 0; picked.size() < count && draws < draws_max; ++draws) {
      const Block* block = random(next_random);
      if (accept(*block) && drawn.insert(block).second) picked.push_back(block);
    }
    return picked;
  }
  // One step of a scan, see Table. visit(const Block&) must not change the table.
  template <typename Visit>
  uint64_t scan_step(uint64_t cursor, Visit&& visit) const {
    return table_.scan_step(cursor, std::forward<Visit>(visit));
  }

  // Frees about `budget` blocks; false when none is left. Until then only this, size() and
  // memory_bytes() may be called.
  bool free_some(size_t budget) {
    return table_.drain(budget, [this](Block* block) { free(block); });
  }

  // Verifies the table and the count of bytes.
  void check() const {
    table_.check();
    size_t bytes = 0;
    size_t blocks = 0;
    uint64_t cursor = 0;
    do {
      cursor = scan_step(cursor, [&](const Block& block) {
        bytes += block.memory_bytes();
        ++blocks;
        ENSURE(find(block.key()) == &block);
      });
    } while (cursor != 0);
    ENSURE(bytes == block_bytes_ && blocks == size());
  }

 private:
  // Blocks freed at a time where all of them are to go at once.
  static constexpr size_t kFreedAtATime = 4096;

  struct Traits {
    using Entry = Block;
    using Key = Bytes;
    static bool equal(const Block& block, const Bytes& key) { return block.key() == key; }
    static uint64_t hash(const Block& block) { return hash_bytes(block.key()); }
  };
  using Blocks = Table<Traits>;

  template <typename Change>
  void change_at(Slot& slot, Change&& change) {
    Block* block = Blocks::entry_of(slot);
    block_bytes_ -= block->memory_bytes();
    block = std::forward<Change>(change)(block);
    block_bytes_ += block->memory_bytes();
    slot.set_entry(block);
  }
  void add(uint64_t hash, Block* block) {
    table_.insert(hash, block);
    block_bytes_ += block->memory_bytes();
  }
  void free(Block* block) {
    block_bytes_ -= block->memory_bytes();
    Block::destroy(block);
  }

  Blocks table_;
  size_t block_bytes_ = 0;
};

}  // namespace tidemark::storage
