#include "protocol/request_parser.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "storage/base/ensure.hpp"
#include "storage/base/number.hpp"

namespace tidemark::protocol {
namespace {

// What a connection may keep between requests. More is given back when the next request starts.
constexpr size_t kSlotsAtFirst = 8;
constexpr size_t kSlotsKept = 1024;
constexpr size_t kUnquotedKept = 1024;

constexpr Bytes kInvalidArgs = "Protocol error: invalid multibulk length";
constexpr Bytes kInvalidBulk = "Protocol error: invalid bulk length";

// Reads the length behind the '*' or '$' at `at` when it is spelled as every client spells it and
// is here with its CR and LF, and moves `at` past them. Otherwise leaves all as it is: the slow
// path decides whether that is an error.
inline bool read_length(const char*& at, const char* end, uint64_t& value) {
  const char* digit = at + 1;
  if (digit >= end) return false;
  uint64_t sum = static_cast<unsigned char>(*digit) - uint64_t{'0'};
  if (sum > 9) return false;
  const bool leading_zero = sum == 0;
  for (++digit; digit < end; ++digit) {
    const uint64_t next = static_cast<unsigned char>(*digit) - uint64_t{'0'};
    if (next > 9) break;
    sum = sum * 10 + next;
  }
  const std::ptrdiff_t digits = digit - at - 1;
  if (digits > 18 || (leading_zero && digits > 1)) return false;
  if (end - digit < 2 || *digit != '\r') return false;
  at = digit + 2;
  value = sum;
  return true;
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that a backslash and `c` stand for between double quotes.
char escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Takes the next byte between double quotes off `line`, which `at` has not left.
char take_double_quoted(Bytes line, size_t& at) {
  const Bytes rest = line.substr(at);
  if (rest.size() >= 4 && rest[0] == '\\' && rest[1] == 'x' && hex_value(rest[2]) >= 0 &&
      hex_value(rest[3]) >= 0) {
    at += 4;
    return static_cast<char>(hex_value(rest[2]) * 16 + hex_value(rest[3]));
  }
  if (rest.size() >= 2 && rest[0] == '\\') {
    at += 2;
    return escaped(rest[1]);
  }
  ++at;
  return rest[0];
}

char take_single_quoted(Bytes line, size_t& at) {
  if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '\'') ++at;
  return line[at++];
}

}  // namespace

struct RequestParser::LengthTexts {
  Bytes too_long;
  Bytes invalid;
};

void RequestParser::reset() {
  count_ = 0;
  base_ = nullptr;
  at_ = 0;
  scanned_ = 0;
  args_left_ = 0;
  bulk_bytes_ = 0;
  wanted_ = 0;
  step_ = Step::start;
  error_ = {};
}

void RequestParser::release_spare() {
  ENSURE(step_ == Step::start || step_ == Step::done);
  reset();
  slots_ = {};
  unquoted_ = {};
}

size_t RequestParser::memory_bytes() const {
  return slots_.capacity() * sizeof(Bytes) + unquoted_.capacity();
}

RequestParser::Status RequestParser::parse(Bytes unread, const ParseLimits& limits) {
  if (step_ == Step::done) begin();
  if (base_ != unread.data()) rebase(unread.data());

  switch (step_) {
    case Step::start:
      return parse_start(unread, limits);
    case Step::inline_line:
      return parse_inline(unread, limits);
    case Step::bulk_header:
    case Step::bulk_body:
      return parse_bulks(unread, limits);
    case Step::done:
    case Step::failed:
      break;
  }
  return Status::error;
}

// Makes ready for the next request.
void RequestParser::begin() {
  if (slots_.size() > kSlotsKept || unquoted_.capacity() > kUnquotedKept) [[unlikely]] {
    if (count_ <= kSlotsKept) slots_ = {};
    unquoted_ = {};
  }
  count_ = 0;
  at_ = 0;
  scanned_ = 0;
  step_ = Step::start;
}

RequestParser::Status RequestParser::parse_start(Bytes unread, const ParseLimits& limits) {
  if (unread.empty()) return want(1);
  if (unread.front() != '*') {
    step_ = Step::inline_line;
    return parse_inline(unread, limits);
  }
  const char* at = unread.data();
  uint64_t length = 0;
  int64_t args = 0;
  if (read_length(at, unread.data() + unread.size(), length)) [[likely]] {
    at_ = static_cast<size_t>(at - unread.data());
    args = static_cast<int64_t>(length);
  } else {
    constexpr LengthTexts kTexts{.too_long = "Protocol error: too big mbulk count string",
                                 .invalid = kInvalidArgs};
    const Status status = parse_length(unread, limits, kTexts, args);
    if (status != Status::complete) return status;
  }
  if (args <= 0) return finish();
  if (accept_args(args, limits) != Status::complete) [[unlikely]] {
    return Status::error;
  }
  args_left_ = args;
  step_ = Step::bulk_header;
  return parse_bulks(unread, limits);
}

// The loop every request goes through. What it changes it keeps in registers, and writes back when
// it stops.
RequestParser::Status RequestParser::parse_bulks(Bytes unread, const ParseLimits& limits) {
  const char* const end = unread.data() + unread.size();
  while (args_left_ > 0) {
    if (step_ == Step::bulk_header) {
      const Status status = parse_bulk_header(unread, limits);
      if (status != Status::complete) return status;
    }
    const char* const body = unread.data() + at_;
    const auto here = static_cast<size_t>(end - body);
    if (here < bulk_bytes_ + 2) {
      step_ = Step::bulk_body;
      return want(bulk_bytes_ + 2 - here);
    }
    add(Bytes(body, bulk_bytes_));
    at_ += bulk_bytes_ + 2;
    step_ = Step::bulk_header;
    --args_left_;
  }
  return finish();
}

inline RequestParser::Status RequestParser::parse_bulk_header(Bytes unread,
                                                              const ParseLimits& limits) {
  const char* at = unread.data() + at_;
  const char* const end = unread.data() + unread.size();
  uint64_t length = 0;
  int64_t bytes = 0;
  if (at < end && *at == '$' && read_length(at, end, length)) [[likely]] {
    at_ = static_cast<size_t>(at - unread.data());
    bytes = static_cast<int64_t>(length);
  } else {
    constexpr LengthTexts kTexts{.too_long = "Protocol error: too big bulk count string",
                                 .invalid = kInvalidBulk};
    const Status status = parse_length(unread, limits, kTexts, bytes);
    if (status != Status::complete) return status;
  }
  return accept_bulk(bytes, limits);
}

// Reads the length on the line at `at_`, whatever is on it, and moves `at_` behind that line.
RequestParser::Status RequestParser::parse_length(Bytes unread, const ParseLimits& limits,
                                                  const LengthTexts& texts, int64_t& value) {
  size_t line_end = 0;
  const Status status = find_line_end(unread, limits, '\r', texts.too_long, line_end);
  if (status != Status::complete) return status;
  if (line_end + 2 > unread.size()) return want(1);

  if (step_ == Step::bulk_header && unread[at_] != '$') return fail_unexpected(unread[at_]);
  const auto number = parse_int64(unread.substr(at_ + 1, line_end - at_ - 1));
  if (!number) return fail(texts.invalid);
  value = *number;
  at_ = line_end + 2;
  return Status::complete;
}

// Finds the byte `last` that ends the line at `at_`.
RequestParser::Status RequestParser::find_line_end(Bytes unread, const ParseLimits& limits,
                                                   char last, Bytes too_long, size_t& line_end) {
  // A line that long may lack only its end. Bytes beyond it are not looked at, so that the verdict
  // does not depend on how much has been read.
  const size_t reach = std::min(unread.size(), at_ + limits.line_bytes_max + 1);
  const size_t from = std::max(at_, scanned_);
  line_end = unread.substr(0, reach).find(last, from);
  if (line_end != Bytes::npos) {
    scanned_ = line_end;
    return Status::complete;
  }
  if (reach - at_ > limits.line_bytes_max) return fail(too_long);
  scanned_ = reach;
  return want(1);
}

inline RequestParser::Status RequestParser::accept_args(int64_t args, const ParseLimits& limits) {
  if (args > limits.args_max) return fail(kInvalidArgs);
  if (limits.peer == Peer::unauthenticated && args > kUnauthenticatedArgsMax) {
    return fail("Protocol error: unauthenticated multibulk length");
  }
  return Status::complete;
}

inline RequestParser::Status RequestParser::accept_bulk(int64_t bytes, const ParseLimits& limits) {
  if (bytes < 0 || bytes > limits.bulk_bytes_max) return fail(kInvalidBulk);
  if (limits.peer == Peer::unauthenticated && bytes > kUnauthenticatedBulkBytesMax) {
    return fail("Protocol error: unauthenticated bulk length");
  }
  bulk_bytes_ = static_cast<size_t>(bytes);
  return Status::complete;
}

RequestParser::Status RequestParser::parse_inline(Bytes unread, const ParseLimits& limits) {
  size_t line_end = 0;
  const Status status =
      find_line_end(unread, limits, '\n', "Protocol error: too big inline request", line_end);
  if (status != Status::complete) return status;
  at_ = line_end + 1;
  if (line_end > 0 && unread[line_end - 1] == '\r') --line_end;
  return split_line(unread.substr(0, line_end));
}

RequestParser::Status RequestParser::split_line(Bytes line) {
  // The arguments must not move while they are collected. Without its quotes a line is no longer.
  unquoted_.clear();
  size_t at = 0;
  for (;;) {
    while (at < line.size() && is_blank(line[at])) ++at;
    if (at == line.size()) return finish();
    const size_t stop = std::min(line.find_first_of(" \t\r\"'", at), line.size());
    if (stop < line.size() && (line[stop] == '"' || line[stop] == '\'')) {
      unquoted_.reserve(line.size());
      if (!add_unquoted(line, at)) return fail("Protocol error: unbalanced quotes in request");
    } else {
      add(line.substr(at, stop - at));
      at = stop;
    }
  }
}

// Adds the argument at `at`, which has quotes somewhere, and moves `at` behind it. False when a
// quote is not closed, or closed in the midst of an argument.
bool RequestParser::add_unquoted(Bytes line, size_t& at) {
  const size_t start = unquoted_.size();
  while (at < line.size() && line[at] != ' ' && line[at] != '\t' && line[at] != '\r') {
    const char quote = line[at];
    if (quote != '"' && quote != '\'') {
      unquoted_.push_back(line[at++]);
      continue;
    }
    ++at;
    while (at < line.size() && line[at] != quote) {
      unquoted_.push_back(quote == '"' ? take_double_quoted(line, at)
                                       : take_single_quoted(line, at));
    }
    if (at == line.size()) return false;
    ++at;
    if (at < line.size() && !is_blank(line[at])) return false;
    break;
  }
  add(Bytes(unquoted_).substr(start));
  return true;
}

inline RequestParser::Status RequestParser::want(size_t bytes) {
  wanted_ = bytes;
  return Status::incomplete;
}

inline RequestParser::Status RequestParser::finish() {
  step_ = Step::done;
  return Status::complete;
}

RequestParser::Status RequestParser::fail(Bytes text) {
  step_ = Step::failed;
  count_ = 0;
  error_ = text;
  return Status::error;
}

RequestParser::Status RequestParser::fail_unexpected(char found) {
  // The byte is the sender's; it must not end our line for us.
  if (found == '\r' || found == '\n') found = ' ';
  constexpr Bytes kBefore = "Protocol error: expected '$', got '";
  static_assert(kBefore.size() + 2 <= sizeof(unexpected_));
  kBefore.copy(unexpected_.data(), kBefore.size());
  unexpected_[kBefore.size()] = found;
  unexpected_[kBefore.size() + 1] = '\'';
  return fail(Bytes(unexpected_.data(), kBefore.size() + 2));
}

inline void RequestParser::add(Bytes arg) {
  if (count_ == slots_.size()) [[unlikely]] {
    slots_.resize(std::max(kSlotsAtFirst, 2 * count_));
  }
  slots_[count_++] = arg;
}

// The caller's buffer has moved: so have the arguments that were complete before.
void RequestParser::rebase(const char* base) {
  // The old buffer may be gone, so its address is a number here and no longer a pointer.
  const auto before = std::bit_cast<uintptr_t>(base_);
  for (size_t i = 0; i < count_; ++i) {
    const uintptr_t offset = std::bit_cast<uintptr_t>(slots_[i].data()) - before;
    slots_[i] = Bytes(base + offset, slots_[i].size());
  }
  base_ = base;
}

}  // namespace tidemark::protocol
