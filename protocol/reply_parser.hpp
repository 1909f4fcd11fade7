#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"

// The client's side of the protocol, for load generators, tests, and scripts that look into replies
// already encoded. The server itself never reads replies from a peer it does not trust, yet both
// classes take any bytes without harm.

namespace tidemark::protocol {

// Counts the replies that go by in a stream without keeping any of it. Bytes may be cut anywhere.
class ReplyCounter {
 public:
  // How many replies ended in `bytes`, which follow those of the call before. A push is no reply.
  size_t feed(Bytes bytes);

  // Of the replies counted, how many were errors (at the top, not inside an array).
  uint64_t errors() const { return errors_; }
  // The bytes were no replies. Nothing is counted from there on.
  bool broken() const { return step_ == Step::broken; }

 private:
  enum class Step : uint8_t { type, length, line, body, broken };

  const char* step_over(const char* at, const char* end);
  void take_type(char type);
  void take_length_byte(char c);
  void end_length();
  void end_item();

  Step step_ = Step::type;
  char top_type_ = 0;        // of the reply in progress
  char type_ = 0;            // of the item in progress
  bool negative_ = false;    // its length
  uint64_t length_ = 0;      // its length as far as read; in its body, the bytes to come
  uint64_t items_left_ = 0;  // of the reply in progress, all levels together; 0 between replies
  size_t counted_ = 0;       // in this call
  uint64_t errors_ = 0;
};

// A reply as a tree. Small and slow on purpose.
struct DecodedReply {
  char type = 0;        // the type byte of the wire
  bool null = false;    // "$-1", "*-1" or "_"
  int64_t integer = 0;  // of ':' and '#'
  std::string text;     // of everything that is no aggregate; a verbatim's has its format
  std::vector<DecodedReply>
      items;  // of an attribute '|' too, the reply it speaks of being the last

  friend bool operator==(const DecodedReply&, const DecodedReply&) = default;
};

enum class DecodeStatus : uint8_t { complete, incomplete, broken };

// Deeper replies are broken, since each level is a recursion.
inline constexpr int kReplyDepthMax = 128;

// Decodes the reply that `bytes` starts with. When complete, removes it from `bytes`.
DecodeStatus decode_reply(Bytes& bytes, DecodedReply& reply);

}  // namespace tidemark::protocol
