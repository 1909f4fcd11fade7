#include "storage/readstate/row_block.hpp"

#include "storage/base/ensure.hpp"

namespace tidemark::storage {

namespace {

constexpr uint8_t kFlagsFollow = 1 << 4;
constexpr uint8_t kManual = 1 << 5;

size_t width_of(uint64_t number) { return (static_cast<size_t>(std::bit_width(number)) + 7) / 8; }

// Counters take 0, 1, 2 or 4 bytes: a code of two bits.
constexpr size_t kCounterBytes[] = {0, 1, 2, 4};
uint8_t counter_code(int32_t counter) {
  if (counter == 0) return 0;
  if (counter <= 0xff) return 1;
  return counter <= 0xffff ? 2 : 3;
}

void store_low(uint8_t* to, uint64_t number, size_t width) { std::memcpy(to, &number, width); }

bool has_extra(const Row& row) {
  return row.mentions != 0 || row.unread != 0 || row.flags != 0 || row.manual;
}

uint8_t extra_lengths(const Row& row) {
  return static_cast<uint8_t>(counter_code(row.mentions) | counter_code(row.unread) << 2 |
                              (row.flags != 0 ? kFlagsFollow : 0) | (row.manual ? kManual : 0));
}

size_t bytes_of_lengths(uint8_t lengths) {
  return 2 + kCounterBytes[lengths & 3] + kCounterBytes[lengths >> 2 & 3] +
         ((lengths & kFlagsFollow) != 0 ? 1 : 0);
}

uint8_t* write_extra(uint8_t* to, size_t index, const Row& row) {
  const uint8_t lengths = extra_lengths(row);
  *to++ = static_cast<uint8_t>(index);
  *to++ = lengths;
  store_low(to, static_cast<uint64_t>(row.mentions), kCounterBytes[lengths & 3]);
  to += kCounterBytes[lengths & 3];
  store_low(to, static_cast<uint64_t>(row.unread), kCounterBytes[lengths >> 2 & 3]);
  to += kCounterBytes[lengths >> 2 & 3];
  if (row.flags != 0) *to++ = row.flags;
  return to;
}

int32_t read_counter(const uint8_t* from, uint8_t code) {
  uint32_t counter = 0;
  std::memcpy(&counter, from, kCounterBytes[code]);
  return static_cast<int32_t>(counter);
}

bool fits(uint64_t number, size_t width) { return width == 8 || number >> (8 * width) == 0; }

}  // namespace

size_t RowBlock::extra_bytes(const uint8_t* extra) { return bytes_of_lengths(extra[1]); }

RowBlock::Extra RowBlock::read_extra(const uint8_t* extra) {
  const uint8_t lengths = extra[1];
  const uint8_t* at = extra + 2;
  Extra read{.row = extra[0], .manual = (lengths & kManual) != 0};
  read.mentions = read_counter(at, lengths & 3);
  at += kCounterBytes[lengths & 3];
  read.unread = read_counter(at, lengths >> 2 & 3);
  at += kCounterBytes[lengths >> 2 & 3];
  if ((lengths & kFlagsFollow) != 0) read.flags = *at;
  return read;
}

const uint8_t* RowBlock::find_extra(size_t row) const {
  if (extras_bytes() == 0) return nullptr;
  const uint8_t* extra = at_ + extras_begin();
  const uint8_t* const end = extra + extras_bytes();
  while (extra != end && extra[0] < row) extra += extra_bytes(extra);
  return extra != end && extra[0] == row ? extra : nullptr;
}

RowId RowBlock::id(size_t row) const {
  const uint64_t channel = load64(at_ + 6) + column(channels_begin(), row, channel_width());
  const uint8_t type = mixed_types() ? at_[types_begin() + row] : static_cast<uint8_t>(at_[2] >> 4);
  return RowId{.type = type, .channel = static_cast<int64_t>(channel)};
}

size_t RowBlock::lower_bound(RowId id) const {
  size_t first = 0;
  size_t count = rows();
  if (mixed_types()) {
    while (count > 0) {
      const size_t half = count / 2;
      const bool below = this->id(first + half) < id;
      first += below ? half + 1 : 0;
      count = below ? count - half - 1 : half;
    }
    return first;
  }
  const uint8_t type = at_[2] >> 4;
  if (id.type != type) return id.type < type ? 0 : count;
  const uint64_t base = load64(at_ + 6);
  if (static_cast<uint64_t>(id.channel) <= base) return 0;
  const uint64_t wanted = static_cast<uint64_t>(id.channel) - base;
  const size_t width = channel_width();
  if (width == 0) return count;
  const uint8_t* const last_bytes = at_ + channels_begin() + width - 8;
  // The steps of the search depend on each other, and so would their cache misses.
  for (const uint8_t* line = at_ + channels_begin(); line < at_ + marks_begin(); line += 64) {
    __builtin_prefetch(line);
  }
  const unsigned shift = static_cast<unsigned>(64 - 8 * width);
  // Written so that the compiler uses conditional moves: the outcome of each step is a coin toss.
  while (count > 1) {
    const size_t half = count / 2;
    const bool below = load64(last_bytes + (first + half - 1) * width) >> shift < wanted;
    first += below ? half : 0;
    count -= half;
  }
  return first + (load64(last_bytes + first * width) >> shift < wanted ? 1 : 0);
}

Row RowBlock::row_without_extras(size_t row) const {
  const RowId row_id = id(row);
  const uint64_t mark_base =
      marks_from_channel() ? static_cast<uint64_t>(row_id.channel) : load64(at_ + 22);
  return Row{.id = row_id,
             .mark = static_cast<int64_t>(mark_base + column(marks_begin(), row, mark_width())),
             .version = version(row)};
}

Row RowBlock::row(size_t row) const {
  Row value = row_without_extras(row);
  if (const uint8_t* extra = find_extra(row)) {
    const Extra more = read_extra(extra);
    value.mentions = more.mentions;
    value.unread = more.unread;
    value.flags = more.flags;
    value.manual = more.manual;
  }
  return value;
}

void RowBlock::check() const {
  ENSURE(rows() >= 1 && rows() <= kRowsMax);
  ENSURE(channel_width() <= 8 && mark_width() <= 8 && version_width() <= 8);
  for (size_t i = 1; i < rows(); ++i) ENSURE(id(i - 1) < id(i));
  const uint8_t* extra = at_ + extras_begin();
  const uint8_t* const end = extra + extras_bytes();
  for (int last = -1; extra != end; extra += extra_bytes(extra)) {
    ENSURE(extra < end && extra[0] > last && extra[0] < rows());
    ENSURE(extra[1] != 0 && (extra[1] & 0xc0) == 0);
    last = extra[0];
  }
  ENSURE(bytes() <= kBytesMax);
}

RowBlockWriter::RowBlockWriter(std::span<const Row> rows) : rows_(rows) {
  const Row& first = rows.front();
  uint64_t channel_low = static_cast<uint64_t>(first.id.channel), channel_high = channel_low;
  uint64_t mark_low = static_cast<uint64_t>(first.mark), mark_high = mark_low;
  uint64_t version_low = static_cast<uint64_t>(first.version), version_high = version_low;
  uint64_t lead_high = 0;  // of a mark over its channel
  bool leads = true;
  for (const Row& row : rows) {
    const auto channel = static_cast<uint64_t>(row.id.channel);
    const auto mark = static_cast<uint64_t>(row.mark);
    const auto version = static_cast<uint64_t>(row.version);
    channel_low = std::min(channel_low, channel);
    channel_high = std::max(channel_high, channel);
    mark_low = std::min(mark_low, mark);
    mark_high = std::max(mark_high, mark);
    version_low = std::min(version_low, version);
    version_high = std::max(version_high, version);
    leads = leads && mark >= channel;
    if (leads) lead_high = std::max(lead_high, mark - channel);
    if (has_extra(row)) extras_bytes_ += bytes_of_lengths(extra_lengths(row));
  }
  mixed_types_ = first.id.type != rows.back().id.type;
  channel_base_ = channel_low;
  channel_width_ = width_of(channel_high - channel_low);
  version_base_ = version_low;
  version_width_ = width_of(version_high - version_low);
  mark_base_ = mark_low;
  mark_width_ = width_of(mark_high - mark_low);
  // On a tie too: it saves the base.
  if (leads && width_of(lead_high) <= mark_width_) {
    marks_from_channel_ = true;
    mark_width_ = width_of(lead_high);
  }
  bytes_ = (marks_from_channel_ ? 22 : 30) + extras_bytes_ +
           rows.size() * (channel_width_ + mark_width_ + version_width_ + (mixed_types_ ? 1 : 0));
}

void RowBlockWriter::write(uint8_t* to) const {
  const uint8_t* const begin = to;
  to[0] = static_cast<uint8_t>(rows_.size());
  to[1] = static_cast<uint8_t>(channel_width_ | mark_width_ << 4);
  to[2] = static_cast<uint8_t>(version_width_ | (mixed_types_ ? 0 : rows_.front().id.type << 4));
  to[3] = static_cast<uint8_t>((mixed_types_ ? 1 : 0) | (marks_from_channel_ ? 2 : 0));
  store_low(to + 4, extras_bytes_, 2);
  store_low(to + 6, channel_base_, 8);
  store_low(to + 14, version_base_, 8);
  if (!marks_from_channel_) store_low(to + 22, mark_base_, 8);
  to += marks_from_channel_ ? 22 : 30;
  if (mixed_types_) {
    for (const Row& row : rows_) *to++ = row.id.type;
  }
  for (const Row& row : rows_) {
    store_low(to, static_cast<uint64_t>(row.id.channel) - channel_base_, channel_width_);
    to += channel_width_;
  }
  for (const Row& row : rows_) {
    const auto base = marks_from_channel_ ? static_cast<uint64_t>(row.id.channel) : mark_base_;
    store_low(to, static_cast<uint64_t>(row.mark) - base, mark_width_);
    to += mark_width_;
  }
  for (const Row& row : rows_) {
    store_low(to, static_cast<uint64_t>(row.version) - version_base_, version_width_);
    to += version_width_;
  }
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (has_extra(rows_[i])) to = write_extra(to, i, rows_[i]);
  }
  ENSURE_DEBUG(static_cast<size_t>(to - begin) == bytes_);
}

bool RowBlockWriter::overwrite(uint8_t* block, size_t row, const Row& value) {
  const RowBlock view(block);
  const uint64_t mark_base = view.marks_from_channel() ? static_cast<uint64_t>(value.id.channel)
                                                       : RowBlock::load64(block + 22);
  // A mark or version below its base wraps around to a number that is too wide, or that adds up
  // again where the column has all eight bytes.
  const uint64_t mark = static_cast<uint64_t>(value.mark) - mark_base;
  const uint64_t version = static_cast<uint64_t>(value.version) - RowBlock::load64(block + 14);
  if (!fits(mark, view.mark_width()) || !fits(version, view.version_width())) return false;
  const uint8_t* extra = view.find_extra(row);
  if ((extra == nullptr ? 0 : extra[1]) != (has_extra(value) ? extra_lengths(value) : 0)) {
    return false;
  }
  store_low(block + view.marks_begin() + row * view.mark_width(), mark, view.mark_width());
  store_low(block + view.versions_begin() + row * view.version_width(), version,
            view.version_width());
  if (extra != nullptr) write_extra(block + (extra - block), row, value);
  return true;
}

}  // namespace tidemark::storage
