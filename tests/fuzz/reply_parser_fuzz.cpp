#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "protocol/reply_parser.hpp"
#include "storage/base/ensure.hpp"

// The counter finds the same replies however the stream is cut, and wherever the decoder finds a
// reply the counter finds it too.

using namespace tidemark::protocol;
using tidemark::Bytes;

namespace {

void count_in_pieces(Bytes bytes, size_t step) {
  ReplyCounter whole;
  const size_t replies = whole.feed(bytes);
  ReplyCounter pieces;
  size_t found = 0;
  for (size_t at = 0; at < bytes.size(); at += step) found += pieces.feed(bytes.substr(at, step));
  ENSURE(found == replies);
  ENSURE(pieces.errors() == whole.errors());
  ENSURE(pieces.broken() == whole.broken());
}

void decode_and_count(Bytes bytes) {
  DecodedReply reply;
  ReplyCounter counter;
  for (Bytes rest = bytes; decode_reply(rest, reply) == DecodeStatus::complete; bytes = rest) {
    const Bytes wire = bytes.substr(0, bytes.size() - rest.size());
    ENSURE(!wire.empty());
    const DecodedReply* last = &reply;
    while (last->type == '|' && !last->null) last = &last->items.back();
    // An attribute of nothing speaks of nothing; no server sends it and the two may differ.
    if (last->type == '|') return;
    ENSURE(counter.feed(wire.substr(0, wire.size() - 1)) == 0);
    ENSURE(counter.feed(wire.substr(wire.size() - 1)) == (last->type == '>' ? 0U : 1U));
  }
}

}  // namespace

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  // NOLINT
  if (size == 0) return 0;
  const Bytes bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  count_in_pieces(bytes, 1 + data[0] % 16U);
  decode_and_count(bytes);
  return 0;
}
