#include "storage/value/stream_id.hpp"

#include "storage/base/number.hpp"

namespace tidemark::storage {

namespace {

// Longer texts spell no id, whatever they spell.
constexpr size_t kTextMax = 127;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::optional<uint64_t> parse_stream_number(Bytes text) {
  // What every program sends.
  if (const auto plain = parse_uint64(text)) return plain;
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  return parse_uint64(text);
}

std::optional<StreamId> parse_stream_id(Bytes text, uint64_t seq) {
  if (text.size() > kTextMax) return std::nullopt;
  const size_t dash = text.find('-');
  const auto ms = parse_stream_number(text.substr(0, dash));
  if (!ms) return std::nullopt;
  if (dash == Bytes::npos) return StreamId{.ms = *ms, .seq = seq};
  const auto number = parse_stream_number(text.substr(dash + 1));
  if (!number) return std::nullopt;
  return StreamId{.ms = *ms, .seq = *number};
}

char* format_stream_id(char* to, StreamId id) {
  to = format_uint64(to, id.ms);
  *to++ = '-';
  return format_uint64(to, id.seq);
}

}  // namespace tidemark::storage
