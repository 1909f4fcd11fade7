#include "server/command/arg_reader.hpp"

#include "server/errors.hpp"
#include "storage/base/ensure.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

ArgReader::~ArgReader() { ENSURE_DEBUG(error_.empty() || asked_); }

Bytes ArgReader::next() {
  if (!error_.empty()) return {};
  if (empty()) {
    fail_syntax();
    return {};
  }
  return args_[next_++];
}

int64_t ArgReader::next_integer() {
  return next_integer(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                      kNotAnInteger);
}

int64_t ArgReader::next_integer(int64_t low, int64_t high, Bytes error) {
  const Bytes text = next();
  if (!error_.empty()) return 0;
  const auto value = parse_int64(text);
  if (!value || *value < low || *value > high) {
    fail(error);
    return 0;
  }
  return *value;
}

double ArgReader::next_double() {
  const Bytes text = next();
  if (!error_.empty()) return 0;
  const auto value = parse_double(text);
  if (!value) {
    fail(kNotAFloat);
    return 0;
  }
  return *value;
}

std::span<const Bytes> ArgReader::rest() {
  if (!error_.empty()) return {};
  const auto left = args_.subspan(next_);
  next_ = args_.size();
  return left;
}

std::span<const Bytes> ArgReader::take(size_t count) {
  if (!error_.empty()) return {};
  if (count > remaining()) {
    fail_syntax();
    return {};
  }
  const auto taken = args_.subspan(next_, count);
  next_ += count;
  return taken;
}

bool ArgReader::accept(Bytes word) { return accept_with(word, 0); }

bool ArgReader::accept_with(Bytes word, size_t values) {
  if (!error_.empty() || remaining() < values + 1 || !equals_nocase(args_[next_], word)) {
    return false;
  }
  ++next_;
  return true;
}

void ArgReader::finish() {
  if (error_.empty() && !empty()) fail_syntax();
}

void ArgReader::fail(Bytes text) {
  if (error_.empty()) error_ = text;
}

void ArgReader::fail_syntax() { fail(kSyntaxError); }

protocol::Reply ArgReader::error() const {
  asked_ = true;
  return protocol::Reply::error(std::string(error_));
}

}  // namespace tidemark::server
