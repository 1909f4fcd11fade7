#include "storage/persist/rocksdb_format.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace tidemark::storage::rocksdb_format {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int32_t kCounterMax = std::numeric_limits<int32_t>::max();

Row full_row() {
  return {.id = {.type = 15, .channel = kMax},
          .mark = kMax,
          .mentions = kCounterMax,
          .unread = kCounterMax,
          .flags = 255,
          .manual = true,
          .version = kMax};
}

std::string merged(const std::string* value, const std::vector<std::string>& operands) {
  const std::string key = row_key("u", {.type = 1, .channel = 2});
  const Bytes existing = value == nullptr ? Bytes() : Bytes(*value);
  const std::vector<Bytes> views(operands.begin(), operands.end());
  Result<std::string> result = merge(key, value == nullptr ? nullptr : &existing, views);
  REQUIRE(result);
  return *result;
}

std::string delta(int64_t message_id, int32_t mentions, int64_t version) {
  const Delta one{.id = {.type = 1, .channel = 2},
                  .message_id = message_id,
                  .mentions = mentions,
                  .version = version};
  return encode({&one, 1});
}

}  // namespace

TEST_CASE("keys sort by user, then type, then channel, and no user reaches into another") {
  const std::vector<std::string> users = {"a",    std::string("a\0", 2), "aa", "b",
                                          "\xff", std::string(512, 'x')};
  const std::vector<RowId> ids = {{0, 0}, {0, 1}, {0, 256}, {0, kMax}, {1, 0}, {15, kMax}};
  for (const std::string& user : users) {
    const KeyRange range = row_range(user);
    CHECK(user_key(user) < range.begin);
    std::string previous = user_key(user);
    for (const RowId id : ids) {
      const std::string key = row_key(user, id);
      CHECK(previous < key);
      CHECK(range.begin <= key);
      CHECK(key < range.end);
      CHECK(row_id_of(key) == id);
      CHECK(key.substr(0, user_key_bytes(key)) == user_key(user));
      for (const std::string& other : users) {
        const KeyRange elsewhere = row_range(other);
        const bool inside = elsewhere.begin <= key && key < elsewhere.end;
        CHECK(inside == (other == user));
      }
      previous = key;
    }
  }
}

TEST_CASE("rows and records survive encoding at their extremes") {
  for (const Row& row : {full_row(), Row{.id = {.type = 0, .channel = 0}, .version = 1}}) {
    const Result<std::optional<Row>> decoded = decode_row(row.id, encode(row));
    REQUIRE(decoded);
    CHECK(**decoded == row);
  }
  const UserRecord record{.version = kMax, .last_deletion = 7};
  CHECK(*decode_user(encode(record)) == record);
  CHECK(*decode_ceiling(encode_ceiling(kMax)) == kMax);
}

TEST_CASE("a value that is cut short, too long or of another kind is corrupt") {
  const Row row = full_row();
  const std::string good = encode(row);
  for (size_t length = 0; length < good.size(); ++length) {
    CHECK_FALSE(decode_row(row.id, Bytes(good).substr(0, length)));
  }
  CHECK_FALSE(decode_row(row.id, good + "x"));
  CHECK_FALSE(decode_row(row.id, encode(UserRecord{.version = 1})));
  CHECK_FALSE(decode_user(good));
  CHECK_FALSE(decode_ceiling(""));
  const std::string past_64_bits = "\x05" + std::string(9, '\xff') + "\x7f";
  CHECK_FALSE(decode_ceiling(past_64_bits));
  const Bytes garbage[] = {"\x02\xff"};
  CHECK_FALSE(merge(row_key("u", row.id), nullptr, garbage));
}

TEST_CASE("deltas count once however often they are merged") {
  const std::string once = merged(nullptr, {delta(10, 2, 5), delta(11, 3, 6)});
  const Result<std::optional<Row>> row = decode_row({.type = 1, .channel = 2}, once);
  REQUIRE(row);
  CHECK((*row)->mentions == 5);
  CHECK((*row)->version == 6);
  CHECK(merged(&once, {delta(10, 2, 5), delta(11, 3, 6)}) == once);
}

TEST_CASE("merging operands first and applying them then is the same as applying them one by one") {
  const std::vector<std::string> operands = {delta(10, 2, 5), delta(3, 9, 6), delta(12, -1, 7)};
  const std::string base =
      encode(Row{.id = {.type = 1, .channel = 2}, .mark = 4, .mentions = 1, .version = 2});
  const std::vector<Bytes> tail = {operands[1], operands[2]};
  const Result<std::string> joined = merge_operands(tail);
  REQUIRE(joined);
  CHECK(merged(&base, operands) == merged(&base, {operands[0], *joined}));
}

TEST_CASE("deltas that come to nothing bring no row into existence") {
  const std::string none = merged(nullptr, {delta(10, -4, 5)});
  CHECK(is_no_row(none));
  const Result<std::optional<Row>> row = decode_row({.type = 1, .channel = 2}, none);
  REQUIRE(row);
  CHECK_FALSE(row->has_value());
  CHECK_FALSE(is_no_row(merged(&none, {delta(10, 1, 6)})));
}

TEST_CASE("records and ceilings merge to the highest of each field in any order") {
  const std::string a = encode(UserRecord{.version = 9, .last_deletion = 1});
  const std::string b = encode(UserRecord{.version = 8, .last_deletion = 3});
  const Bytes existing = a;
  const Bytes operands[] = {b};
  const std::string key = user_key("u");
  CHECK(*decode_user(*merge(key, &existing, operands)) ==
        UserRecord{.version = 9, .last_deletion = 3});
  const std::string low = encode_ceiling(4);
  const std::string high = encode_ceiling(5);
  const Bytes ceilings[] = {high, low};
  CHECK(*decode_ceiling(*merge_operands(ceilings)) == 5);
}

}  // namespace tidemark::storage::rocksdb_format
