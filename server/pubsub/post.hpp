#pragma once

#include <string>

#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "server/pubsub/topic.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// One message on its way to the subscribers of a channel. Constant, so that all cores share it.
struct Post {
  Topic topic = Topic::channel;  // or shard_channel
  std::string channel;
  std::string message;
};

// A post as subscribers of one kind get it, encoded at most once for each version of the protocol
// on a core, however many they are.
class Frames {
 public:
  // As subscribers of the channel get it; or of a pattern that it matches.
  explicit Frames(const Post& post) : post_(post), pattern_(nullptr) {}
  Frames(const Post& post, const std::string& pattern) : post_(post), pattern_(&pattern) {}

  // Lives as long as the frames.
  Bytes of(protocol::RespVersion version);

 private:
  const Post& post_;
  const std::string* const pattern_;  // null for none
  protocol::Output two_;
  protocol::Output three_;
};

}  // namespace tidemark::server
