#include "bench/base/reply_counter.hpp"

#include <cstring>

namespace tidemark::bench {

namespace {

constexpr size_t kLineMax = 1 << 20;
constexpr int64_t kLengthMax = int64_t{1} << 32;

// -1 for a null; -2 for what is no length.
int64_t parse_length(Bytes digits) {
  if (digits == "-1") return -1;
  if (digits.empty() || digits.size() > 12) return -2;
  int64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -2;
    value = value * 10 + (c - '0');
  }
  return value > kLengthMax ? -2 : value;
}

}  // namespace

ReplyCounter::Step ReplyCounter::read_header(const char*& at, const char* end) {
  const auto* newline = static_cast<const char*>(std::memchr(at, '\n', size_t(end - at)));
  if (newline == nullptr) {
    line_.append(at, end);
    at = end;
    return line_.size() > kLineMax ? Step::malformed : Step::need_more;
  }
  Bytes line(at, size_t(newline - at));
  at = newline + 1;
  if (line_.empty()) {
    if (line.size() < 2 || line.back() != '\r') return Step::malformed;
    line.remove_suffix(1);
    return begin_element(line);
  }
  line_.append(line);
  if (line_.size() < 2 || line_.back() != '\r') return Step::malformed;
  line_.pop_back();
  const Step step = begin_element(line_);
  line_.clear();
  return step;
}

ReplyCounter::Step ReplyCounter::begin_element(Bytes line) {
  const char type = line.front();
  const bool opens = fresh_;
  if (opens) {
    kind_ = ReplyKind::value;
    fresh_ = false;
  }
  switch (type) {
    case '-':
      if (opens) kind_ = ReplyKind::error;
      if (opens && first_error_.empty()) first_error_ = line.substr(1);
      return Step::element_done;
    case '_':
      if (opens) kind_ = ReplyKind::null;
      return Step::element_done;
    case '+':
    case ':':
    case ',':
    case '#':
    case '(':
      return Step::element_done;
    default:
      break;
  }
  const int64_t length = parse_length(line.substr(1));
  if (length == -2) return Step::malformed;
  if (length == -1) {
    if (opens) kind_ = ReplyKind::null;
    return Step::element_done;
  }
  switch (type) {
    case '!':
      if (opens) kind_ = ReplyKind::error;
      [[fallthrough]];
    case '$':
    case '=':
      skip_ = static_cast<size_t>(length) + 2;
      return Step::need_more;
    case '>':
      if (!opens) return Step::malformed;
      push_ = true;
      [[fallthrough]];
    case '*':
    case '~':
      owed_ += static_cast<uint64_t>(length);
      return Step::element_done;
    case '%':
      owed_ += 2 * static_cast<uint64_t>(length);
      return Step::element_done;
    case '|':
      // Attributes precede the element that they describe and do not replace it.
      owed_ += 2 * static_cast<uint64_t>(length) + 1;
      fresh_ = length == 0 && opens;
      return Step::element_done;
    default:
      return Step::malformed;
  }
}

}  // namespace tidemark::bench
