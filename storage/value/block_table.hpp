#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <utility>

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
    Block* block = Blocks::entry_of(*slot);
    block_bytes_ -= block->memory_bytes();
    block = std::forward<Change>(change)(block);
    block_bytes_ += block->memory_bytes();
    slot->set_entry(block);
    return false;
  }
  // False where it is not there.
  bool erase(Bytes key) {
    const uint64_t hash = hash_bytes(key);
    Slot* slot = table_.find(hash, key);
    if (slot == nullptr) return false;
    free(table_.erase(hash, slot));
    return true;
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
  // `count` different ones: visit(const Block&). It draws until it has as many, which is fast while
  // they are a small part of all. REQUIRES: there are as many.
  template <typename NextRandom, typename Visit>
  void sample(size_t count, NextRandom&& next_random, Visit&& visit) const {
    std::unordered_set<const Block*> picked;
    while (picked.size() < count) {
      const Block* block = random(next_random);
      if (picked.insert(block).second) visit(*block);
    }
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
