#include "storage/readstate/row_block.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <vector>

#include "tests/storage/readstate/random_rows.hpp"

namespace tidemark::storage {
namespace {

constexpr int64_t kMaxId = std::numeric_limits<int64_t>::max();

std::vector<uint8_t> encode(const std::vector<Row>& rows) {
  const RowBlockWriter writer(rows);
  std::vector<uint8_t> bytes(writer.bytes());
  writer.write(bytes.data());
  return bytes;
}

std::vector<Row> decode(const std::vector<uint8_t>& bytes) {
  std::vector<Row> rows;
  RowBlock(bytes.data()).visit(0, [&rows](const Row& row) {
    rows.push_back(row);
    return true;
  });
  return rows;
}

std::vector<Row> random_rows(testing::RandomRows& random) {
  std::map<RowId, Row> rows;
  const size_t count = 1 + random.below(RowBlock::kRowsMax);
  const bool one_type = random.chance(50);
  const bool snowflakes = random.chance(50);
  for (size_t i = 0; i < count; ++i) {
    const RowId id{.type = static_cast<uint8_t>(one_type ? 15 : random.below(16)),
                   .channel = snowflakes ? random.snowflake() : random.number()};
    rows[id] = random.row(id);
  }
  std::vector<Row> sorted;
  for (const auto& [id, row] : rows) sorted.push_back(row);
  return sorted;
}

TEST_CASE("a block gives back the rows that were put in") {
  constexpr uint64_t kSeed = 20261123;
  CAPTURE(kSeed);
  testing::RandomRows random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    CAPTURE(round);
    const std::vector<Row> rows = random_rows(random);
    const std::vector<uint8_t> bytes = encode(rows);
    const RowBlock block(bytes.data());
    block.check();
    REQUIRE(block.bytes() == bytes.size());
    REQUIRE(decode(bytes) == rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      REQUIRE(block.row(i) == rows[i]);
      REQUIRE(block.lower_bound(rows[i].id) == i);
    }
    for (int probe = 0; probe < 20; ++probe) {
      const RowId id{.type = static_cast<uint8_t>(random.below(17)), .channel = random.number()};
      const auto expected = std::ranges::lower_bound(rows, id, {}, &Row::id);
      REQUIRE(block.lower_bound(id) == static_cast<size_t>(expected - rows.begin()));
    }
  }
}

TEST_CASE("overwriting a row changes that row alone, or nothing where it does not fit") {
  constexpr uint64_t kSeed = 7;
  CAPTURE(kSeed);
  testing::RandomRows random(kSeed);
  size_t fitted = 0;
  for (int round = 0; round < 5000; ++round) {
    CAPTURE(round);
    std::vector<Row> rows = random_rows(random);
    std::vector<uint8_t> bytes = encode(rows);
    const size_t at = random.below(rows.size());
    Row changed = random.chance(50) ? random.row(rows[at].id) : rows[at];
    if (random.chance(50)) changed.version = rows[random.below(rows.size())].version;
    if (RowBlockWriter::overwrite(bytes.data(), at, changed)) {
      rows[at] = changed;
      ++fitted;
    }
    RowBlock(bytes.data()).check();
    REQUIRE(decode(bytes) == rows);
  }
  CHECK(fitted > 500);
}

TEST_CASE(
    "an acknowledgement with wider numbers than before does not fit, one with the same does") {
  std::vector<uint8_t> bytes = encode({{.id = {0, 1000}, .mark = 1001, .version = 50},
                                       {.id = {0, 1100}, .mark = 1300, .version = 60}});
  CHECK(
      RowBlockWriter::overwrite(bytes.data(), 1, {.id = {0, 1100}, .mark = 1355, .version = 305}));
  CHECK_FALSE(
      RowBlockWriter::overwrite(bytes.data(), 1, {.id = {0, 1100}, .mark = 1356, .version = 305}));
  CHECK_FALSE(
      RowBlockWriter::overwrite(bytes.data(), 1, {.id = {0, 1100}, .mark = 1355, .version = 306}));
  CHECK_FALSE(
      RowBlockWriter::overwrite(bytes.data(), 1, {.id = {0, 1100}, .mark = 1099, .version = 305}));
  CHECK(RowBlock(bytes.data()).row(1) == Row{.id = {0, 1100}, .mark = 1355, .version = 305});
}

TEST_CASE("the fullest block possible stays below the limit that is promised") {
  std::vector<Row> rows;
  for (size_t i = 0; i < RowBlock::kRowsMax; ++i) {
    rows.push_back(
        Row{.id = {static_cast<uint8_t>(i < 32 ? 0 : 15),
                   i % 2 == 0 ? static_cast<int64_t>(i) : kMaxId - 64 + static_cast<int64_t>(i)},
            .mark = i % 2 == 0 ? kMaxId : 0,
            .mentions = std::numeric_limits<int32_t>::max(),
            .unread = std::numeric_limits<int32_t>::max(),
            .flags = 255,
            .manual = true,
            .version = i == 0 ? 1 : kMaxId});
  }
  std::ranges::sort(rows, {}, &Row::id);
  const std::vector<uint8_t> bytes = encode(rows);
  CHECK(bytes.size() == RowBlock::kBytesMax);
  CHECK(decode(bytes) == rows);
}

}  // namespace
}  // namespace tidemark::storage
