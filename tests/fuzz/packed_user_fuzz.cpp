#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/base/ensure.hpp"
#include "storage/readstate/packed_user.hpp"

// Whatever is put into a packed user and taken out again, it holds the same rows as a map, in the
// same order, and counts its own memory right.

using namespace tidemark::storage;
using tidemark::Bytes;

namespace {

// Numbers out of the fuzzer's bytes; zeros at their end.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  bool empty() const { return size_ == 0; }
  uint8_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  // Of any width, so that columns of every width come about; not negative.
  int64_t number() {
    uint64_t value = 0;
    for (unsigned left = byte() % 9U; left > 0; --left) value = value << 8 | byte();
    return static_cast<int64_t>(value & std::numeric_limits<int64_t>::max());
  }
  int32_t counter() { return static_cast<int32_t>(number() & std::numeric_limits<int32_t>::max()); }

 private:
  const uint8_t* data_;
  size_t size_;
};

using Rows = std::map<RowId, Row>;

// A packed user beside its model.
class Pair {
 public:
  explicit Pair(Bytes key) : user_(PackedUser::create(key, PackedUser::State::resident, heap_)) {
    user_->books.version = std::numeric_limits<int64_t>::max();  // no row is newer than its user
  }
  ~Pair() {
    PackedUser::destroy(user_, heap_);
    ENSURE(heap_ == 0);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void put(const Row& row) {
    const PackedUser::Place place = user_->locate(row.id);
    ENSURE(place.found == rows_.contains(row.id));
    user_ = PackedUser::put(user_, place, row, heap_);
    rows_[row.id] = row;
    ENSURE(user_->row_at(user_->locate(row.id)) == row);
  }
  void erase(RowId id) {
    const PackedUser::Place place = user_->locate(id);
    ENSURE(place.found == rows_.contains(id));
    if (!place.found) return;
    user_ = PackedUser::erase(user_, place, heap_);
    rows_.erase(id);
    ENSURE(!user_->locate(id).found);
  }
  // All rows at once, as a load does, thinned out.
  void assign(unsigned keep_every) {
    std::vector<Row> kept;
    for (const auto& [id, row] : rows_) {
      if (kept.size() % keep_every == 0 || kept.size() < 2) kept.push_back(row);
    }
    user_ = PackedUser::assign(user_, kept, heap_);
    rows_.clear();
    for (const Row& row : kept) rows_[row.id] = row;
  }
  void check(RowId after) const {
    user_->check();
    ENSURE(user_->memory_bytes() == heap_);
    ENSURE(user_->rows() == rows_.size());
    check_from(rows_.begin(), std::nullopt);
    check_from(rows_.upper_bound(after), after);
  }

 private:
  void check_from(Rows::const_iterator expected, std::optional<RowId> after) const {
    user_->visit(after, [&](const Row& row) {
      ENSURE(expected != rows_.end() && row == expected->second);
      ++expected;
      return true;
    });
    ENSURE(expected == rows_.end());
  }

  size_t heap_ = 0;
  PackedUser* user_;
  Rows rows_;
};

RowId read_id(Input& input) {
  return {.type = static_cast<uint8_t>(input.byte() % 16), .channel = input.number()};
}

void step(Pair& pair, Input& input) {
  const unsigned what = input.byte();
  if (what < 160) {
    Row row{.id = read_id(input)};
    row.mark = input.number();
    row.version = input.number();
    if (what % 2 == 0) {
      row.mentions = input.counter();
      row.unread = input.counter();
      row.flags = input.byte();
      row.manual = input.byte() % 2 == 1;
    }
    pair.put(row);
  } else if (what < 200) {
    // A run of neighbours, for blocks that fill and split.
    Row row{.id = read_id(input), .mark = input.number(), .version = input.number()};
    for (unsigned left = input.byte(); left > 0; --left) {
      pair.put(row);
      row.id.channel = (row.id.channel + 1) & std::numeric_limits<int64_t>::max();
    }
  } else if (what < 230) {
    pair.erase(read_id(input));
  } else if (what < 250) {
    RowId id = read_id(input);
    for (unsigned left = input.byte(); left > 0; --left) {
      pair.erase(id);
      id.channel = (id.channel + 1) & std::numeric_limits<int64_t>::max();
    }
  } else {
    pair.assign(1 + input.byte() % 3U);
  }
}

}  // namespace

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  // NOLINT
  Input input(data, size);
  Pair pair(std::string(1 + input.byte(), 'k'));
  while (!input.empty()) step(pair, input);
  pair.check(read_id(input));
  return 0;
}
