#include "server/pubsub/post.hpp"

#include "protocol/encode.hpp"

namespace tidemark::server {

Bytes Frames::of(protocol::RespVersion version) {
  protocol::Output& out = version == protocol::RespVersion::v2 ? two_ : three_;
  if (!out.empty()) return out.view();
  protocol::write_push_header(out, version, pattern_ == nullptr ? 3 : 4);
  if (pattern_ != nullptr) {
    protocol::write_bulk(out, "pmessage");
    protocol::write_bulk(out, *pattern_);
  } else {
    protocol::write_bulk(out, post_.topic == Topic::channel ? "message" : "smessage");
  }
  protocol::write_bulk(out, post_.channel);
  protocol::write_bulk(out, post_.message);
  return out.view();
}

}  // namespace tidemark::server
