#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/keyspace/hashed_key.hpp"
#include "storage/table/table.hpp"

namespace tidemark::server {

struct Subscription;

// A channel or pattern, and those of one core's clients who have subscribed to it.
struct alignas(16) Channel {
  std::string name;
  uint64_t hash = 0;                       // of the name
  std::vector<Subscription*> subscribers;  // in no order: the last one takes the place of who goes
};

// The channels of one kind that have subscribers on one core, by name. Grows a segment at a time,
// however many they are.
class ChannelTable {
 public:
  ChannelTable() = default;
  ~ChannelTable();
  ChannelTable(const ChannelTable&) = delete;
  ChannelTable& operator=(const ChannelTable&) = delete;

  bool empty() const { return table_.empty(); }
  // Null where it has none.
  Channel* find(const storage::HashedKey& name) const;
  // REQUIRES: there is none of this name.
  Channel& add(const storage::HashedKey& name);
  void remove(Channel& channel);
  // Visits all of them; `visit` must not add or remove any.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    uint64_t cursor = 0;
    do {
      cursor = table_.scan_step(cursor, visit);
    } while (cursor != 0);
  }

 private:
  struct Traits {
    using Entry = Channel;
    using Key = Bytes;
    static bool equal(const Channel& channel, const Bytes& name) { return channel.name == name; }
    static uint64_t hash(const Channel& channel) { return channel.hash; }
  };
  storage::Table<Traits> table_;
};

}  // namespace tidemark::server
