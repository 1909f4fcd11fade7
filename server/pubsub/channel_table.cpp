#include "server/pubsub/channel_table.hpp"

#include <limits>

namespace tidemark::server {

ChannelTable::~ChannelTable() {
  while (
      table_.drain(std::numeric_limits<size_t>::max(), [](Channel* channel) { delete channel; })) {
  }
}

Channel* ChannelTable::find(const storage::HashedKey& name) const {
  const storage::Slot* const slot = table_.find(name.hash, name.bytes);
  return slot == nullptr ? nullptr : storage::Table<Traits>::entry_of(*slot);
}

Channel& ChannelTable::add(const storage::HashedKey& name) {
  auto channel = std::make_unique<Channel>(
      Channel{.name = std::string(name.bytes), .hash = name.hash, .subscribers = {}});
  table_.insert(name.hash, channel.get());
  return *channel.release();
}

void ChannelTable::remove(Channel& channel) {
  storage::Slot* const slot = table_.find_entry(channel.hash, &channel);
  const std::unique_ptr<Channel> removed(table_.erase(channel.hash, slot));
}

}  // namespace tidemark::server
