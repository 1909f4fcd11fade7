#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/rdb/stream_reader.hpp"

namespace tidemark::storage::rdb {

namespace {

// The latest time that a pending entry can have been delivered at, some 9000 years from now.
constexpr int64_t kDeliveredMax = (int64_t{1} << 48) - 1;
constexpr size_t kTimeBytes = 8;

struct Pending {
  StreamId id;
  int64_t delivered_ms;
  uint64_t deliveries;
};

int64_t next_time(Reader& reader) { return static_cast<int64_t>(reader.next_fixed64()); }

StreamId next_raw_id(Reader& reader) {
  const Bytes raw = reader.next_raw(kStreamIdBytes);
  return raw.empty() ? StreamId() : stream_id_of(raw);
}

bool comes_first(const Pending& one, const Pending& other) { return one.id < other.id; }

// All that is pending in a group, in order.
bool read_pending(Reader& reader, std::vector<Pending>& pending) {
  const size_t count = reader.next_count(kStreamIdBytes + kTimeBytes + 1);
  pending.reserve(count);
  for (size_t i = 0; i < count && !reader.failed(); ++i) {
    const StreamId id = next_raw_id(reader);
    const int64_t delivered_ms = std::clamp<int64_t>(next_time(reader), 0, kDeliveredMax);
    pending.push_back({.id = id, .delivered_ms = delivered_ms, .deliveries = reader.next_length()});
  }
  if (reader.failed()) return false;
  if (!std::is_sorted(pending.begin(), pending.end(), comes_first)) {
    std::sort(pending.begin(), pending.end(), comes_first);
  }
  const auto same = [](const Pending& one, const Pending& other) { return one.id == other.id; };
  return std::adjacent_find(pending.begin(), pending.end(), same) == pending.end();
}

// What is pending for one consumer: part of what is in the group, and for nobody else.
bool read_pending_of(Reader& reader, StreamGroup& group, StreamConsumer& consumer,
                     const std::vector<Pending>& pending) {
  for (size_t left = reader.next_count(kStreamIdBytes); left > 0; --left) {
    const StreamId id = next_raw_id(reader);
    if (reader.failed()) return false;
    const auto found =
        std::lower_bound(pending.begin(), pending.end(), Pending{.id = id}, comes_first);
    if (found == pending.end() || found->id != id) {
      reader.fail("Stream consumer entry not found in group global PEL");
      return false;
    }
    if (group.find_pending(id) != nullptr) {
      reader.fail("Stream consumer PEL entry already has a consumer assigned");
      return false;
    }
    PendingEntry* entry = group.add_pending(id, consumer);
    group.set_delivery(*entry, found->delivered_ms, found->deliveries);
  }
  return !reader.failed();
}

bool read_consumers(Reader& reader, Type type, StreamGroup& group,
                    const std::vector<Pending>& pending) {
  std::string scratch;
  for (size_t left = reader.next_count(1 + kTimeBytes + 1); left > 0; --left) {
    const Bytes name = reader.next_string(scratch);
    const int64_t seen_ms = next_time(reader);
    if (!reader.failed() && group.find_consumer(name) != nullptr) {
      reader.fail("Duplicate stream consumer detected");
    }
    if (reader.failed()) return false;
    StreamConsumer* consumer = group.add_consumer(name, seen_ms);
    // Before it was written, nobody knew better.
    consumer->active_ms = type == Type::stream_listpacks_3 ? next_time(reader) : seen_ms;
    if (!read_pending_of(reader, group, *consumer, pending)) return false;
  }
  if (!reader.failed() && group.pending().size() != pending.size()) {
    reader.fail("Stream PEL entry without a consumer");
  }
  return !reader.failed();
}

bool read_group(Reader& reader, Type type, Stream& stream) {
  std::string scratch;
  const Bytes name = reader.next_string(scratch);
  const StreamId last_id = next_stream_id(reader);
  std::optional<int64_t> entries_read;
  if (type == Type::stream_listpacks) {
    const auto count = stream.count_up_to(last_id);
    if (count) entries_read = static_cast<int64_t>(*count);
  } else {
    const auto count = static_cast<int64_t>(reader.next_length());
    if (count != -1) entries_read = count;
  }
  if (!reader.failed() && stream.find_group(name) != nullptr) {
    reader.fail("Duplicate consumer group name");
  }
  if (reader.failed()) return false;
  StreamGroup* group = stream.add_group(name, last_id, entries_read);
  std::vector<Pending> pending;
  return read_pending(reader, pending) && read_consumers(reader, type, *group, pending);
}

}  // namespace

bool read_stream_groups(Reader& reader, Type type, Stream& stream) {
  for (size_t left = reader.next_count(1); left > 0; --left) {
    if (!read_group(reader, type, stream)) return false;
  }
  return !reader.failed();
}

}  // namespace tidemark::storage::rdb
