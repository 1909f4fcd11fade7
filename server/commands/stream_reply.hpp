#pragma once

#include <cstddef>

#include "protocol/encode.hpp"
#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "storage/value/stream.hpp"

namespace tidemark::server {

// What notifications call it that a consumer came to be.
inline constexpr Bytes kConsumerCreated = "xgroup-createconsumer";

// How entries of streams look in replies, written straight to where the reply is put together.

void write_id(protocol::Output& out, storage::StreamId id);
// [id, [field, value, ...]]
void write_entry(protocol::Output& out, const storage::StreamCursor& entry);
// The entry, or null at an end.
void write_entry_or_null(protocol::Output& out, protocol::RespVersion version,
                         const storage::StreamCursor& entry);

// An array (or, in RESP3, a map) that is being written and whose length is only known at its end.
class OpenReply {
 public:
  OpenReply();
  protocol::Output& out() { return out_; }
  // Nothing may be written to it any more.
  protocol::Reply close_array(size_t items);
  protocol::Reply close_map(protocol::RespVersion version, size_t pairs);

 private:
  protocol::Reply close(protocol::Output header);

  protocol::Output out_;
};

}  // namespace tidemark::server
