#include "storage/rdb/stream_reader.hpp"

#include <optional>
#include <string>
#include <vector>

#include "storage/base/number.hpp"
#include "storage/rdb/listpack.hpp"
#include "storage/value/packed.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr int64_t kErased = 1;
constexpr int64_t kSameFields = 2;

uint64_t load_big_endian(Bytes bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

// Fields that all entries of a node share lie in it once; here they may have to lie in several
// nodes. What a block becomes may not be larger than it by more than this.
constexpr size_t kExpansionMax = 64;
constexpr size_t kExpansionFree = size_t{1} << 20;

// The entries of one node, which become a node again, or several where that would be too large.
// Everything is believed only once it was seen to fit; the first thing that does not ends it.
class NodeReader {
 public:
  NodeReader(StreamId base, Bytes block)
      : base_(base), cursor_(block), bytes_max_(block.size() * kExpansionMax + kExpansionFree) {}

  bool read_into(Stream& stream);

 private:
  bool read_master();
  bool read_entry(Stream& stream);
  bool append(Stream& stream, StreamId id);
  bool read_pairs(bool same_fields);
  std::optional<int64_t> next_integer();
  // No more of anything than elements can follow.
  std::optional<size_t> next_count();
  bool next_text(std::string& text);

  StreamId base_;
  ListpackCursor cursor_;
  size_t bytes_max_;
  size_t bytes_ = 0;
  std::vector<std::string> fields_;
  std::vector<std::string> texts_;  // fields and values in turn, kept for their room
  size_t pairs_ = 0;
  size_t entries_ = 0;
  size_t erased_ = 0;
};

std::optional<int64_t> NodeReader::next_integer() {
  const auto element = cursor_.next();
  if (!element || !element->is_integer()) return std::nullopt;
  return element->integer();
}

std::optional<size_t> NodeReader::next_count() {
  const auto count = next_integer();
  if (!count || *count < 0 || static_cast<uint64_t>(*count) > cursor_.bytes_left()) {
    return std::nullopt;
  }
  return static_cast<size_t>(*count);
}

bool NodeReader::next_text(std::string& text) {
  const auto element = cursor_.next();
  if (!element) return false;
  IntegerText scratch;
  text = element->text(scratch);
  return true;
}

// The fields that entries may share, and a 0 behind them.
bool NodeReader::read_master() {
  const auto fields = next_count();
  if (!fields) return false;
  fields_.resize(*fields);
  for (std::string& field : fields_) {
    if (!next_text(field)) return false;
  }
  return next_integer() == 0;
}

bool NodeReader::read_pairs(bool same_fields) {
  pairs_ = fields_.size();
  if (!same_fields) {
    const auto count = next_count();
    if (!count) return false;
    pairs_ = *count;
  }
  if (texts_.size() < 2 * pairs_) texts_.resize(2 * pairs_);
  for (size_t i = 0; i < pairs_; ++i) {
    std::string& field = texts_[2 * i];
    if (same_fields) {
      field = fields_[i];
    } else if (!next_text(field)) {
      return false;
    }
    if (!next_text(texts_[2 * i + 1])) return false;
  }
  return true;
}

bool NodeReader::append(Stream& stream, StreamId id) {
  constexpr StreamNodeLimits kNextNode{.entries_max = 1};
  constexpr StreamNodeLimits kSameNode{};
  if (pairs_ == 0 || id < base_ || id <= stream.last_id()) return false;
  std::vector<Bytes> views;
  views.reserve(2 * pairs_);
  for (size_t i = 0; i < 2 * pairs_; ++i) {
    views.push_back(texts_[i]);
    bytes_ += texts_[i].size();
  }
  if (bytes_ > bytes_max_ || !Stream::can_hold(views)) return false;
  stream.append(id, views, entries_ == 0 ? kNextNode : kSameNode);
  ++entries_;
  return true;
}

bool NodeReader::read_entry(Stream& stream) {
  const auto flags = next_integer();
  const auto ms = next_integer();
  const auto seq = next_integer();
  if (!flags || !ms || !seq || (*flags & ~(kErased | kSameFields)) != 0) return false;
  const bool same_fields = (*flags & kSameFields) != 0;
  if (!read_pairs(same_fields)) return false;
  const size_t elements = same_fields ? pairs_ + 3 : 2 * pairs_ + 4;
  if (next_integer() != static_cast<int64_t>(elements)) return false;
  if ((*flags & kErased) != 0) {
    ++erased_;
    return true;
  }
  // The differences wrap around.
  return append(stream, {.ms = base_.ms + static_cast<uint64_t>(*ms),
                         .seq = base_.seq + static_cast<uint64_t>(*seq)});
}

bool NodeReader::read_into(Stream& stream) {
  const auto entries = next_integer();
  const auto erased = next_integer();
  if (!entries || !erased || !read_master()) return false;
  while (cursor_.bytes_left() > 0) {
    if (!read_entry(stream)) return false;
  }
  return !cursor_.next() && !cursor_.failed() && *entries == static_cast<int64_t>(entries_) &&
         *erased == static_cast<int64_t>(erased_) && entries_ > 0;
}

bool read_nodes(Reader& reader, Stream& stream) {
  std::string key_scratch;
  std::string scratch;
  for (size_t left = reader.next_count(kStreamIdBytes); left > 0; --left) {
    const Bytes key = reader.next_string(key_scratch);
    if (key.size() != kStreamIdBytes) return false;
    const StreamId base = stream_id_of(key);
    const Bytes block = reader.next_string(scratch, kBlockMax);
    if (reader.failed() || !NodeReader(base, block).read_into(stream)) {
      reader.fail("Stream listpack integrity check failed");
      return false;
    }
  }
  return !reader.failed();
}

}  // namespace

StreamId stream_id_of(Bytes raw) {
  return {.ms = load_big_endian(raw.substr(0, 8)), .seq = load_big_endian(raw.substr(8))};
}

StreamId next_stream_id(Reader& reader) {
  const uint64_t ms = reader.next_length();
  return {.ms = ms, .seq = reader.next_length()};
}

bool read_stream(Reader& reader, Type type, Stream& stream) {
  if (!read_nodes(reader, stream)) return false;
  const uint64_t length = reader.next_length();
  const StreamId last_id = next_stream_id(reader);
  if (reader.failed() || length != stream.length() || last_id < stream.last_id()) return false;
  stream.set_last_id(last_id);
  stream.set_entries_added(length);
  if (type != Type::stream_listpacks) {
    (void)next_stream_id(reader);  // of the first entry, which is known
    stream.set_max_deleted_id(next_stream_id(reader));
    stream.set_entries_added(reader.next_length());
  }
  return !reader.failed() && read_stream_groups(reader, type, stream);
}

}  // namespace tidemark::storage::rdb
