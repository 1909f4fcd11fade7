#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/pubsub/topic.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

class Client;
class Subscriptions;
struct Channel;

// That one client has subscribed to one channel.
struct Subscription {
  Channel* channel;
  const Subscriptions* owner;
  size_t place;  // among the channel's subscribers
};

// What a client has subscribed to. Part of the client, until that goes; changed by Subscribers
// alone.
class Subscriptions {
 public:
  explicit Subscriptions(Client& client) : client_(&client) {}

  // Null where the client has gone, and left them to be taken apart.
  Client* client() const { return client_; }
  size_t count(Topic topic) const { return of_[index_of(topic)].size(); }
  // As the replies to SUBSCRIBE and the like count: shard channels apart.
  size_t count_with(Topic topic) const {
    return topic == Topic::shard_channel ? count(topic)
                                         : count(Topic::channel) + count(Topic::pattern);
  }
  bool empty() const {
    return count_with(Topic::channel) == 0 && count_with(Topic::shard_channel) == 0;
  }
  std::vector<std::string> names(Topic topic) const {
    std::vector<std::string> names;
    for (const auto& [name, subscription] : of_[index_of(topic)]) names.emplace_back(name);
    return names;
  }
  size_t memory_bytes() const { return sizeof *this + bytes_; }

 private:
  friend class Subscribers;
  Client* client_;
  // By the channel's name, whose bytes are the channel's.
  std::array<std::map<Bytes, std::unique_ptr<Subscription>>, kTopics> of_;
  size_t bytes_ = 0;
};

}  // namespace tidemark::server
