#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/pubsub/topic.hpp"
#include "storage/base/bytes.hpp"
#include "storage/table/hash.hpp"

namespace tidemark::server {

// Whether a core may have subscribers of a channel, for all other cores to see without asking: who
// publishes sends to those cores alone that say yes. A core's channels are counted by their hash in
// one row of numbers, so that "no" is always right, and "yes" for some channel that has no
// subscribers costs a message that finds nobody. Names, which would say it exactly, would have to
// be kept on every core, and each change be told to all of them.
//
// The core's own thread, or exclusive work, changes it; any thread may ask. Whoever has the reply
// to SUBSCRIBE is counted.
class SubscriberFilter {
 public:
  SubscriberFilter() : counts_(kSlots) {}

  void add(Topic topic, Bytes name) { slot(topic, name).fetch_add(1, std::memory_order_seq_cst); }
  void remove(Topic topic, Bytes name) {
    slot(topic, name).fetch_sub(1, std::memory_order_seq_cst);
  }
  // For channels. Somebody with a pattern may want a message of any channel but a shard channel.
  bool may_want(Topic topic, Bytes channel) const {
    if (topic == Topic::channel && patterns_.load(std::memory_order_seq_cst) > 0) return true;
    return counts_[place(topic, channel)].load(std::memory_order_seq_cst) > 0;
  }

 private:
  static constexpr size_t kSlots = 16384;

  static size_t place(Topic topic, Bytes name) {
    return (storage::hash_bytes(name) + index_of(topic)) % kSlots;
  }
  std::atomic<uint32_t>& slot(Topic topic, Bytes name) {
    return topic == Topic::pattern ? patterns_ : counts_[place(topic, name)];
  }

  std::vector<std::atomic<uint32_t>> counts_;
  std::atomic<uint32_t> patterns_ = 0;
};

}  // namespace tidemark::server
