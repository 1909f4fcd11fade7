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

// A length that was read, and where the line that it stood on has ended. Two registers, not two
// variables in memory, which is what references would make of them in the loop below.
struct ReadLength {
  const char* behind = nullptr;  // null when there was no length to read
  uint64_t value = 0;
};

// Reads up to 18 digits behind the type byte at `at`, of which no sum can overflow, with their CR
// and LF. What this refuses goes through parse_length(), which decides whether that is an error.
ReadLength read_long_length(const char* at, const char* end) {
  const char* digit = at + 1;
  uint64_t sum = 0;
  for (; digit < end; ++digit) {
    const uint64_t next = static_cast<unsigned char>(*digit) - uint64_t{'0'};
    if (next > 9) break;
    sum = sum * 10 + next;
  }
  const std::ptrdiff_t digits = digit - at - 1;
  if (digits < 1 || digits > 18 || (at[1] == '0' && digits > 1)) return {};
  if (end - digit < 2 || *digit != '\r') return {};
  return {digit + 2, sum};
}

// The same, quicker for the one or two digits that most lengths have.
inline ReadLength read_length(const char* at, const char* end) {
  if (end - at < 5) return read_long_length(at, end);
  const uint64_t first = static_cast<unsigned char>(at[1]) - uint64_t{'0'};
  if (first <= 9 && at[2] == '\r') return {at + 4, first};
  const uint64_t second = static_cast<unsigned char>(at[2]) - uint64_t{'0'};
  if (first - 1 <= 8 && second <= 9 && at[3] == '\r') return {at + 5, first * 10 + second};
  return read_long_length(at, end);
}

uint64_t largest_bulk(const ParseLimits& limits) {
  const int64_t bytes = limits.peer == Peer::authenticated
                            ? limits.bulk_bytes_max
                            : std::min(limits.bulk_bytes_max, kUnauthenticatedBulkBytesMax);
  return static_cast<uint64_t>(bytes);
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
  slots_ = std::vector<Bytes>();
  std::string().swap(unquoted_);
  holds_spare_ = false;
}

size_t RequestParser::memory_bytes() const {
  return slots_.capacity() * sizeof(Bytes) + unquoted_.capacity();
}

size_t RequestParser::argument_bytes() const {
  if (!in_progress()) return 0;
  size_t bytes = 0;
  for (const Bytes arg : args()) bytes += arg.size();
  return bytes;
}

RequestParser::Status RequestParser::parse(Bytes unread, const ParseLimits& limits) {
  if (step_ == Step::done) [[likely]] {
    begin();
  }
  Status status = step_ == Step::start ? parse_start(unread, limits) : resume(unread, limits);
  // Once round, unless a length was spelled as no client spells it.
  while (step_ == Step::bulk_header && status == Status::complete) {
    if (take_bulks(unread, limits)) [[likely]] {
      return finish();
    }
    status = parse_bulk_slowly(unread, limits);
  }
  return status;
}

// Makes ready for the next request.
inline void RequestParser::begin() {
  if (holds_spare_) [[unlikely]] {
    drop_spare();
  }
  count_ = 0;
  at_ = 0;
  scanned_ = 0;
  step_ = Step::start;
}

// A client that sends one large request usually sends another, so its slots go only after a request
// that did well without them.
void RequestParser::drop_spare() {
  if (count_ <= kSlotsKept) slots_ = std::vector<Bytes>();
  std::string().swap(unquoted_);
  holds_spare_ = slots_.size() > kSlotsKept;
}

// Parses the line that says how many arguments there are, or all of an inline request.
inline RequestParser::Status RequestParser::parse_start(Bytes unread, const ParseLimits& limits) {
  base_ = unread.data();
  if (unread.empty()) return want(1);
  if (unread.front() != '*') {
    step_ = Step::inline_line;
    return parse_inline(unread, limits);
  }
  const ReadLength length = read_length(unread.data(), unread.data() + unread.size());
  auto args = static_cast<int64_t>(length.value);
  if (length.behind != nullptr) [[likely]] {
    at_ = static_cast<size_t>(length.behind - unread.data());
  } else {
    constexpr LengthTexts kTexts{.too_long = "Protocol error: too big mbulk count string",
                                 .invalid = kInvalidArgs};
    const Status status = parse_length(unread, limits, kTexts, args);
    if (status != Status::complete) return status;
  }
  if (args <= 0) return finish();
  args_left_ = args;
  step_ = Step::bulk_header;
  return accept_args(args, limits);
}

// Goes on with a request of which a part was parsed before.
RequestParser::Status RequestParser::resume(Bytes unread, const ParseLimits& limits) {
  if (step_ == Step::failed) return Status::error;
  if (base_ != unread.data()) rebase(unread.data());
  if (step_ == Step::inline_line) return parse_inline(unread, limits);
  if (step_ == Step::bulk_body) return parse_bulk_body(unread);
  return Status::complete;
}

// Adds the arguments that are here in full, and says whether those were all. Inlined by force, for
// the one call is in a loop that seldom turns, which the compiler cannot know. Every request goes
// through this loop. Members are read before it and written behind it: the compiler would do so at
// every turn, since it must suspect that `unread` is a view of them.
[[gnu::always_inline]] inline bool RequestParser::take_bulks(Bytes unread,
                                                             const ParseLimits& limits) {
  const char* const end = unread.data() + unread.size();
  const uint64_t bulk_bytes_max = largest_bulk(limits);
  const char* at = unread.data() + at_;
  Bytes* slot = slots_.data() + count_;
  const Bytes* slots_end = slots_.data() + slots_.size();
  int64_t left = args_left_;
  for (; left > 0; --left) {
    // No argument is shorter than "$0\r\n\r\n".
    if (end - at < 6 || *at != '$') break;
    const ReadLength length = read_length(at, end);
    if (length.behind == nullptr || length.value > bulk_bytes_max) break;
    if (static_cast<uint64_t>(end - length.behind) < length.value + 2) break;
    if (slot == slots_end) [[unlikely]] {
      slot = grow_slots(slot);
      slots_end = slots_.data() + slots_.size();
    }
    *slot++ = Bytes(length.behind, length.value);
    at = length.behind + length.value + 2;
  }
  at_ = static_cast<size_t>(at - unread.data());
  count_ = static_cast<size_t>(slot - slots_.data());
  args_left_ = left;
  return left == 0;
}

// Parses the one argument at `at_` that the loop stopped at: incomplete, wrong, or right in a way
// that no client writes.
RequestParser::Status RequestParser::parse_bulk_slowly(Bytes unread, const ParseLimits& limits) {
  constexpr LengthTexts kTexts{.too_long = "Protocol error: too big bulk count string",
                               .invalid = kInvalidBulk};
  int64_t bytes = 0;
  Status status = parse_length(unread, limits, kTexts, bytes);
  if (status == Status::complete) status = accept_bulk(bytes, limits);
  if (status == Status::complete) status = parse_bulk_body(unread);
  return status;
}

// Adds the argument at `at_`, whose length is known.
RequestParser::Status RequestParser::parse_bulk_body(Bytes unread) {
  const size_t here = unread.size() - at_;
  if (here < bulk_bytes_ + 2) {
    step_ = Step::bulk_body;
    return want(bulk_bytes_ + 2 - here);
  }
  add(unread.substr(at_, bulk_bytes_));
  at_ += bulk_bytes_ + 2;
  --args_left_;
  step_ = Step::bulk_header;
  return Status::complete;
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

RequestParser::Status RequestParser::accept_bulk(int64_t bytes, const ParseLimits& limits) {
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
      if (unquoted_.capacity() > kUnquotedKept) holds_spare_ = true;
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

void RequestParser::add(Bytes arg) {
  Bytes* slot = slots_.data() + count_;
  if (count_ == slots_.size()) slot = grow_slots(slot);
  *slot = arg;
  ++count_;
}

// Makes room at `slot`, the end of the slots, and returns where that is now.
Bytes* RequestParser::grow_slots(const Bytes* slot) {
  const auto used = static_cast<size_t>(slot - slots_.data());
  slots_.resize(std::max(kSlotsAtFirst, 2 * used));
  if (slots_.size() > kSlotsKept) holds_spare_ = true;
  return slots_.data() + used;
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
