#include "server/commands/stream_reply.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "server/commands/elements_reply.hpp"

namespace tidemark::server {

namespace {

using protocol::Output;
using protocol::Reply;
using protocol::RespVersion;
using storage::PackedElement;

// A header is shorter: a letter, digits, CR and LF.
constexpr size_t kHeaderMax = kInt64CharsMax + 3;

}  // namespace

void write_id(Output& out, storage::StreamId id) {
  std::array<char, storage::kStreamIdCharsMax> text;
  const char* end = storage::format_stream_id(text.data(), id);
  protocol::write_bulk(out, {text.data(), static_cast<size_t>(end - text.data())});
}

void write_entry(Output& out, const storage::StreamCursor& entry) {
  protocol::write_array_header(out, 2);
  write_id(out, entry.id());
  protocol::write_array_header(out, 2 * entry.fields());
  entry.each([&out](const PackedElement& field, const PackedElement& value) {
    write_element(out, field);
    write_element(out, value);
  });
}

void write_entry_or_null(Output& out, RespVersion version, const storage::StreamCursor& entry) {
  if (entry) {
    write_entry(out, entry);
  } else {
    protocol::write_null(out, version);
  }
}

// Room for the header is left in front, and what it does not take is dropped.
OpenReply::OpenReply() {
  out_.reserve(kHeaderMax);
  out_.commit(kHeaderMax);
}

Reply OpenReply::close(Output header) {
  const Bytes text = header.view();
  char* begin = out_.reserve(0) - out_.size();
  std::memcpy(begin + kHeaderMax - text.size(), text.data(), text.size());
  out_.consume_front(kHeaderMax - text.size());
  return Reply::encoded(std::move(out_));
}

Reply OpenReply::close_array(size_t items) {
  Output header;
  protocol::write_array_header(header, items);
  return close(std::move(header));
}

Reply OpenReply::close_map(RespVersion version, size_t pairs) {
  Output header;
  protocol::write_map_header(header, version, pairs);
  return close(std::move(header));
}

}  // namespace tidemark::server
