#include "storage/readstate/packed_user.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "tests/storage/readstate/random_rows.hpp"

namespace tidemark::storage {
namespace {

// Owns a packed user and the count of its memory.
class Fixture {
 public:
  explicit Fixture(Bytes key = "u")
      : user_(PackedUser::create(key, PackedUser::State::resident, heap_bytes_)) {
    user_->books.version = std::numeric_limits<int64_t>::max();
  }
  ~Fixture() {
    PackedUser::destroy(user_, heap_bytes_);
    CHECK(heap_bytes_ == 0);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  const PackedUser& user() const { return *user_; }
  size_t heap_bytes() const { return heap_bytes_; }
  void put(const Row& row) {
    user_ = PackedUser::put(user_, user_->locate(row.id), row, heap_bytes_);
  }
  void erase(RowId id) { user_ = PackedUser::erase(user_, user_->locate(id), heap_bytes_); }
  void erase_type(uint8_t type) { user_ = PackedUser::erase_type(user_, type, heap_bytes_); }
  void assign(const std::vector<Row>& rows) {
    user_ = PackedUser::assign(user_, rows, heap_bytes_);
  }
  std::vector<Row> rows(std::optional<RowId> after = {}) const {
    std::vector<Row> rows;
    user_->visit(after, [&rows](const Row& row) {
      rows.push_back(row);
      return true;
    });
    return rows;
  }
  void check() const {
    user_->check();
    REQUIRE(user_->memory_bytes() == heap_bytes_);
  }

 private:
  size_t heap_bytes_ = 0;
  PackedUser* user_;
};

using Model = std::map<RowId, Row>;

std::vector<Row> rows_of(const Model& model, std::optional<RowId> after = {}) {
  std::vector<Row> rows;
  auto from = after ? model.upper_bound(*after) : model.begin();
  for (; from != model.end(); ++from) rows.push_back(from->second);
  return rows;
}

// Ids come from a small pool, so that they meet again, or are new ones.
RowId random_id(testing::RandomRows& random, const Model& model) {
  const RowId id{.type = static_cast<uint8_t>(random.chance(70) ? 0 : random.below(16)),
                 .channel = random.chance(30) ? random.number() : random.snowflake()};
  if (model.empty() || random.chance(40)) return id;
  const auto near = model.lower_bound(id);
  return near == model.end() ? model.begin()->first : near->first;
}

void compare(const Fixture& packed, const Model& model, testing::RandomRows& random) {
  packed.check();
  REQUIRE(packed.user().rows() == model.size());
  REQUIRE(packed.rows() == rows_of(model));
  const RowId after = random_id(random, model);
  REQUIRE(packed.rows(after) == rows_of(model, after));
}

TEST_CASE("a packed user holds what a map would hold, whatever is done to both") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    testing::RandomRows random(seed);
    Fixture packed(std::string(1 + random.below(40), 'k'));
    Model model;
    for (int step = 0; step < 3000; ++step) {
      CAPTURE(step);
      // Phases of growth and decline.
      const bool growing = step / 700 % 2 == 0;
      const RowId id = random_id(random, model);
      if (random.chance(growing ? 85 : 25)) {
        const Row row = random.row(id);
        packed.put(row);
        model[id] = row;
      } else if (model.contains(id)) {
        packed.erase(id);
        model.erase(id);
      }
      const bool has_type = std::ranges::any_of(
          model, [&id](const auto& entry) { return entry.first.type == id.type; });
      REQUIRE(packed.user().has_type(id.type) == has_type);
      if (step % 200 == 199) {
        packed.erase_type(id.type);
        std::erase_if(model, [&id](const auto& entry) { return entry.first.type == id.type; });
        compare(packed, model, random);
      }
      const PackedUser::Place place = packed.user().locate(id);
      REQUIRE(place.found == model.contains(id));
      if (place.found) REQUIRE(packed.user().row_at(place) == model[id]);
      if (random.chance(0 + (step % 50 == 0 ? 100 : 1))) compare(packed, model, random);
    }
    compare(packed, model, random);
    packed.assign(rows_of(model));
    compare(packed, model, random);
    while (!model.empty()) {
      packed.erase(model.begin()->first);
      model.erase(model.begin());
    }
    compare(packed, model, random);
  }
}

TEST_CASE("all rows of a type go, whatever lies before and behind them") {
  testing::RandomRows random(5);
  for (const size_t before : {0, 1, 63, 64, 65, 200}) {
    for (const size_t gone : {0, 1, 2, 64, 129, 500}) {
      for (const size_t behind : {0, 1, 63, 64, 65, 200}) {
        CAPTURE(before);
        CAPTURE(gone);
        CAPTURE(behind);
        Model model;
        const size_t counts[] = {before, gone, behind};
        for (uint8_t type = 0; type < 3; ++type) {
          while (model.size() < std::accumulate(counts, counts + type + 1, size_t{0})) {
            const RowId id{.type = static_cast<uint8_t>(type + 13), .channel = random.snowflake()};
            model[id] = random.row(id);
          }
        }
        Fixture packed;
        packed.assign(rows_of(model));
        std::vector<Row> of_type;
        packed.user().copy_type(14, of_type);
        CHECK(of_type.size() == gone);
        packed.erase_type(14);
        std::erase_if(model, [](const auto& entry) { return entry.first.type == 14; });
        compare(packed, model, random);
        packed.erase_type(15);
        std::erase_if(model, [](const auto& entry) { return entry.first.type == 15; });
        compare(packed, model, random);
        packed.erase_type(13);
        compare(packed, {}, random);
      }
    }
  }
}

TEST_CASE("a user's key may hold any bytes and be as long as is allowed") {
  for (const std::string& key : {std::string("\0", 1), std::string(512, '\xff')}) {
    Fixture packed(key);
    CHECK(packed.user().key() == key);
    packed.put({.id = {0, 5}, .mark = 9, .version = 1});
    CHECK(packed.user().key() == key);
    packed.check();
  }
}

TEST_CASE("a user with the greatest number of channels is found, walked and emptied") {
  Fixture packed;
  testing::RandomRows random(3);
  Model model;
  while (model.size() < 131072) {
    const RowId id{.channel = random.snowflake()};
    const Row row{.id = id, .mark = id.channel + 1, .version = 1'800'000'000'000'000};
    packed.put(row);
    model[id] = row;
  }
  compare(packed, model, random);
  packed.assign({});
  compare(packed, {}, random);
}

}  // namespace
}  // namespace tidemark::storage
