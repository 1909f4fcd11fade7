#include "storage/readstate/row.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>

namespace tidemark::storage {
namespace {

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

TEST_CASE("a delta at or below the mark is dropped") {
  Row row{.id = {0, 7}, .mark = 100, .version = 5};
  CHECK_FALSE(apply(Delta{.id = {0, 7}, .message_id = 100, .mentions = 1, .version = 9}, row));
  CHECK_FALSE(apply(Delta{.id = {0, 7}, .message_id = 99, .mentions = 1, .version = 9}, row));
  CHECK(row == Row{.id = {0, 7}, .mark = 100, .version = 5});
  CHECK(apply(Delta{.id = {0, 7}, .message_id = 101, .mentions = 1, .version = 9}, row));
  CHECK(row == Row{.id = {0, 7}, .mark = 100, .mentions = 1, .version = 9});
}

TEST_CASE("counters saturate at both ends, and one that cannot move is no change") {
  Row row{.id = {0, 7}, .mentions = kMax - 1};
  CHECK(apply(Delta{.id = {0, 7}, .message_id = 1, .mentions = kMax, .version = 1}, row));
  CHECK(row.mentions == kMax);
  CHECK_FALSE(apply(Delta{.id = {0, 7}, .message_id = 1, .mentions = 1, .version = 2}, row));
  CHECK(apply(Delta{.id = {0, 7}, .message_id = 1, .mentions = -kMax, .version = 3}, row));
  CHECK(row.mentions == 0);
  CHECK_FALSE(apply(Delta{.id = {0, 7}, .message_id = 1, .mentions = -1, .version = 4}, row));
  CHECK(row.version == 3);
}

TEST_CASE("committing deltas twice ends as committing them once") {
  const std::array deltas = {
      Delta{.id = {0, 7}, .message_id = 5, .mentions = 2, .version = 10},
      Delta{.id = {0, 3}, .message_id = 5, .unread = 1, .version = 11},
      Delta{.id = {0, 7}, .message_id = 5, .mentions = -1, .version = 12},
      Delta{.id = {0, 9}, .message_id = 5, .mentions = -1, .version = 13},
  };
  LoadedUser user;
  CHECK(apply_deltas(deltas, user));
  const LoadedUser once = user;
  CHECK(once.version == 12);  // the last delta changed nothing
  REQUIRE(once.rows.size() == 2);
  CHECK(once.rows[0] == Row{.id = {0, 3}, .unread = 1, .version = 11});
  CHECK(once.rows[1] == Row{.id = {0, 7}, .mentions = 1, .version = 12});
  CHECK_FALSE(apply_deltas(deltas, user));
  CHECK(user.rows == once.rows);
  CHECK(user.version == once.version);
}

TEST_CASE("a delta from before a deletion does not bring the row back") {
  LoadedUser user{.version = 20, .last_deletion = 20};
  const std::array deltas = {Delta{.id = {0, 7}, .message_id = 5, .mentions = 1, .version = 10}};
  CHECK_FALSE(apply_deltas(deltas, user));
  CHECK(user.rows.empty());
}

}  // namespace
}  // namespace tidemark::storage
