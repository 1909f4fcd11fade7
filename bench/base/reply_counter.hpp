#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "storage/base/bytes.hpp"

namespace tidemark::bench {

enum class ReplyKind : uint8_t { value, null, error };

// Counts the replies in a byte stream, RESP2 or RESP3, without building them: bodies are skipped,
// and nesting is one counter of the elements still owed. That keeps the load generator's share of a
// request to some tens of nanoseconds. It checks only what it needs to stay in step. Unlike
// protocol::ReplyCounter it names each reply's kind in turn, which is how nulls (misses) and errors
// are laid at their command's door, and passes over what is counted line by line.
class ReplyCounter {
 public:
  // Calls on_reply(ReplyKind) for every reply that `bytes` completes; pushes are passed over in
  // silence. False where the stream is not RESP: nothing more may be fed then.
  template <typename OnReply>
  bool feed(Bytes bytes, OnReply&& on_reply) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end) {
      if (skip_ != 0) {
        const size_t step = skip_ < size_t(end - at) ? skip_ : size_t(end - at);
        at += step;
        skip_ -= step;
        if (skip_ == 0) finish_element(on_reply);
        continue;
      }
      const Step step = read_header(at, end);
      if (step == Step::malformed) return false;
      if (step == Step::element_done) finish_element(on_reply);
    }
    return true;
  }

  // The first error reply's text, for people; empty where there was none.
  const std::string& first_error() const { return first_error_; }

 private:
  enum class Step : uint8_t { need_more, element_done, malformed };

  // Consumes one line at most, advancing `at`.
  Step read_header(const char*& at, const char* end);
  Step begin_element(Bytes line);

  template <typename OnReply>
  void finish_element(OnReply& on_reply) {
    if (--owed_ != 0) return;
    owed_ = 1;
    fresh_ = true;
    if (!push_) on_reply(kind_);
    push_ = false;
  }

  uint64_t owed_ = 1;  // elements that the reply under way still needs, itself included
  size_t skip_ = 0;    // bytes of a body, with its CRLF, that are still to come
  bool fresh_ = true;  // the next element opens a reply
  bool push_ = false;
  ReplyKind kind_ = ReplyKind::value;
  std::string line_;  // the start of a line that a read cut in two
  std::string first_error_;
};

}  // namespace tidemark::bench
