#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"

// Bytes to requests: arrays of bulk strings ("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") and inline commands
// ("GET k\r\n"). The arguments are views into the caller's buffer; nothing is copied but inline
// arguments with quotes in them. Lengths tell where everything ends, so no byte of an argument is
// looked at, and a request that arrives in pieces is taken up where it stopped.
//
// It is as lenient as Redis: the byte after a CR, and the two after an argument, are not looked at.
// What an error or its absence depends on is the bytes alone, never how they were cut into reads.

namespace tidemark::protocol {

enum class Peer : uint8_t { authenticated, unauthenticated };

struct ParseLimits {
  int64_t bulk_bytes_max = 512LL * 1024 * 1024;  // of one argument (proto-max-bulk-len)
  int64_t args_max = 2147483647;
  size_t line_bytes_max = 64UL * 1024;  // of an inline request, or of the line with a length
  // A stranger may send ten arguments of 16 KiB, so that he cannot make us hold more than that.
  Peer peer = Peer::authenticated;
};

inline constexpr int64_t kUnauthenticatedArgsMax = 10;
inline constexpr int64_t kUnauthenticatedBulkBytesMax = 16 * 1024;

// One per connection. Memory grows with the arguments that have arrived, not with those announced.
class RequestParser {
 public:
  RequestParser() = default;
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class Status : uint8_t { complete, incomplete, error };

  // `unread` starts at the first byte of the current request. After `incomplete`, call again with
  // the same bytes followed by more, at any address; what was parsed is not scanned again. After
  // `complete`, call with what follows the first size() bytes. After `error`, the stream has lost
  // its meaning: send error() and close; the parser stays in that state until reset().
  //
  // Limits apply when a length is read. Execute an AUTH before parsing what follows it.
  Status parse(Bytes unread, const ParseLimits& limits);

  // Of the complete request: its arguments, valid until `unread` moves or parse() is called again.
  // Empty for "*0", "*-1" and blank lines, to which there is no reply.
  std::span<const Bytes> args() const { return {slots_.data(), count_}; }
  // How many bytes of `unread` the complete request took.
  size_t size() const { return at_; }

  // After `incomplete`: how many more bytes are needed at least. More than one only in the midst of
  // an argument, where it is the rest of it; the sender's claim, within the limits.
  size_t bytes_wanted() const { return wanted_; }
  // Of a request that is here in part: how many of its bytes are done with, that is, all before the
  // argument or line that is here in part; and the bytes of the arguments that are here in full. 0
  // where no request is in progress.
  size_t bytes_done() const { return in_progress() ? at_ : 0; }
  size_t argument_bytes() const;

  // After `error`: the reply's text behind "-ERR ". May hold any byte but CR and LF.
  Bytes error() const { return error_; }

  // Forgets a request in progress, or an error.
  void reset();
  // Gives back the memory that a large request left behind. Not while a request is in progress.
  void release_spare();
  size_t memory_bytes() const;

 private:
  // What stands at `at_` in the request.
  enum class Step : uint8_t { start, inline_line, bulk_header, bulk_body, done, failed };
  // What to say of a line with a length on it that cannot be read.
  struct LengthTexts;

  bool in_progress() const { return step_ == Step::bulk_header || step_ == Step::bulk_body; }
  void begin();
  Status parse_start(Bytes unread, const ParseLimits& limits);
  Status resume(Bytes unread, const ParseLimits& limits);
  bool take_bulks(Bytes unread, const ParseLimits& limits);
  Status parse_bulk_slowly(Bytes unread, const ParseLimits& limits);
  Status parse_bulk_body(Bytes unread);
  Status parse_inline(Bytes unread, const ParseLimits& limits);
  Status parse_length(Bytes unread, const ParseLimits& limits, const LengthTexts& texts,
                      int64_t& value);
  Status find_line_end(Bytes unread, const ParseLimits& limits, char last, Bytes too_long,
                       size_t& line_end);
  Status accept_args(int64_t args, const ParseLimits& limits);
  Status accept_bulk(int64_t bytes, const ParseLimits& limits);
  Status split_line(Bytes line);
  bool add_unquoted(Bytes line, size_t& at);

  Status want(size_t bytes);
  Status finish();
  Status fail(Bytes text);
  Status fail_unexpected(char found);
  void add(Bytes arg);
  Bytes* grow_slots(const Bytes* slot);
  void drop_spare();
  void rebase(const char* base);

  // args() is the first `count_` of the slots, which stay from request to request.
  std::vector<Bytes> slots_;
  size_t count_ = 0;
  const char* base_ = nullptr;  // the address of `unread` that the arguments point into
  size_t at_ = 0;               // up to where `unread` is parsed
  size_t scanned_ = 0;          // the line that starts at `at_` does not end before this
  int64_t args_left_ = 0;
  size_t bulk_bytes_ = 0;
  size_t wanted_ = 0;
  Step step_ = Step::start;
  bool holds_spare_ = false;  // more memory than a connection keeps between requests
  Bytes error_;
  std::array<char, 40> unexpected_{};  // the one error text that is not a constant
  std::string unquoted_;               // the arguments of an inline request that had quotes
};

}  // namespace tidemark::protocol
