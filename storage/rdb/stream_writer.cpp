#include "storage/rdb/stream_writer.hpp"

#include <array>

#include "storage/rdb/format.hpp"
#include "storage/rdb/listpack.hpp"
#include "storage/value/packed.hpp"

namespace tidemark::storage::rdb {

namespace {

using RawId = std::array<char, kStreamIdBytes>;

void put_big_endian(char* to, uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) to[i] = static_cast<char>(value >> (56 - 8 * i));
}

RawId raw_id(StreamId id) {
  RawId raw{};
  put_big_endian(raw.data(), id.ms);
  put_big_endian(raw.data() + 8, id.seq);
  return raw;
}

void put_raw_id(Writer& writer, StreamId id) {
  const RawId raw = raw_id(id);
  writer.put_raw({raw.data(), raw.size()});
}

void put_id(Writer& writer, StreamId id) {
  writer.put_length(id.ms);
  writer.put_length(id.seq);
}

void put_time(Writer& writer, int64_t time_ms) {
  writer.put_fixed64(static_cast<uint64_t>(time_ms));
}

// In a listpack the numbers of entries, and of those that are marked as erased, come first.
void write_node(Writer& writer, const StreamNode& node) {
  const RawId base = raw_id(node.base());
  writer.put_string({base.data(), base.size()});
  Packed counts;
  counts.push_back(static_cast<int64_t>(node.entries()));
  counts.push_back(int64_t{0});
  const std::array parts{counts.raw(), node.packed().raw()};
  writer.put_string(make_listpack(parts, counts.size() + node.packed().size()));
}

void write_pending(Writer& writer, const PendingTree& pending) {
  writer.put_length(pending.size());
  for (auto at = pending.first(); at; at = at.next()) {
    put_raw_id(writer, at->id());
    put_time(writer, at->delivered_ms());
    writer.put_length(at->deliveries());
  }
}

void write_consumer(Writer& writer, const StreamConsumer& consumer) {
  writer.put_string(consumer.name());
  put_time(writer, consumer.seen_ms);
  put_time(writer, consumer.active_ms);
  writer.put_length(consumer.pending().size());
  for (auto at = consumer.pending().first(); at; at = at.next()) put_raw_id(writer, at->id());
}

void write_group(Writer& writer, const StreamGroup& group) {
  writer.put_string(group.name());
  put_id(writer, group.last_id);
  writer.put_length(static_cast<uint64_t>(group.entries_read.value_or(-1)));
  write_pending(writer, group.pending());
  writer.put_length(group.consumers().size());
  for (auto at = group.consumers().first(); at; at = at.next()) write_consumer(writer, *at);
}

}  // namespace

void write_stream(Writer& writer, const Stream& stream) {
  writer.put_length(stream.nodes().size());
  for (auto node = stream.nodes().first(); node; node = node.next()) write_node(writer, *node);
  writer.put_length(stream.length());
  put_id(writer, stream.last_id());
  put_id(writer, stream.first_id());
  put_id(writer, stream.max_deleted_id());
  writer.put_length(stream.entries_added());
  writer.put_length(stream.groups().size());
  for (auto group = stream.groups().first(); group; group = group.next()) {
    write_group(writer, *group);
  }
}

}  // namespace tidemark::storage::rdb
