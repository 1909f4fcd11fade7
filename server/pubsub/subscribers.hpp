#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "server/pubsub/channel_table.hpp"
#include "server/pubsub/directory.hpp"
#include "server/pubsub/post.hpp"
#include "server/pubsub/subscriber_filter.hpp"
#include "server/pubsub/subscriptions.hpp"
#include "server/pubsub/topic.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

class Client;
class OnCore;

// Which of one core's clients have subscribed to what. Its size is bounded by what the clients
// hold, who answer for it with their memory.
//
// Its core's thread, or exclusive work, but for the filter.
class Subscribers {
 public:
  // False where the client has it already.
  bool subscribe(Client& client, Topic topic, Bytes name);
  // False where the client does not have it.
  bool unsubscribe(Client& client, Topic topic, Bytes name);
  // Tells the directory what has changed; after the above, and before anybody has a reply.
  void report(const OnCore& here);

  // Of a client that goes, or wants none any more. It gets no messages from here on, and is not
  // counted as a receiver; where it has very many, they are taken apart in slices.
  void release(const OnCore& here, Client& client);
  bool anything_released() const { return !released_.empty(); }
  // A slice of that. True where there is more.
  bool take_apart(const OnCore& here);

  // Gives it to those who want it, and returns how many they are. A client gets it once for each of
  // its patterns that match, and once for the channel. Nobody is closed for what they have not read
  // before the end of the round.
  size_t deliver(const OnCore& here, const Post& post);

  // How many have subscribed to the name itself.
  size_t count(Topic topic, Bytes name) const;
  const SubscriberFilter& filter() const { return filter_; }

 private:
  ChannelTable& channels(Topic topic) { return channels_[index_of(topic)]; }
  Channel& channel_for(Topic topic, Bytes name);
  void drop(Topic topic, Subscription& subscription);
  static size_t push(const OnCore& here, const Channel& channel, Frames& frames);

  std::array<ChannelTable, kTopics> channels_;
  std::vector<std::unique_ptr<Subscriptions>> released_;
  SubscriberFilter filter_;
  std::vector<DirectoryChange> changes_;  // not reported yet
};

}  // namespace tidemark::server
