#pragma once

#include <cstdint>
#include <optional>

#include "server/command/arg_reader.hpp"
#include "storage/value/score_bound.hpp"
#include "storage/value/sorted_set.hpp"

// Parts of sorted sets, as commands ask for them: by rank, by score or by member.
namespace tidemark::server {

struct ScoreRange {
  storage::ScoreBound low;
  storage::ScoreBound high;
};
// "5", "(5" for a bound that is left out, "-inf", "+inf"; fails the reader where one is no number.
ScoreRange read_score_range(ArgReader& args, Bytes low, Bytes high);

struct MemberRange {
  storage::MemberBound low;
  storage::MemberBound high;
};
// "[a", "(a" for a bound that is left out, "-", "+".
MemberRange read_member_range(ArgReader& args, Bytes low, Bytes high);

storage::RankRange ranks_in(const storage::SortedSet& set, const ScoreRange& range);
storage::RankRange ranks_in(const storage::SortedSet& set, const MemberRange& range);
// From `start` to `stop`, both included, negative ones counted from the end.
storage::RankRange ranks_between(size_t size, int64_t start, int64_t stop);

// What ZRANGE and its older relatives ask for.
struct RangeQuery {
  enum class By : uint8_t { rank, score, member };

  By by = By::rank;
  storage::Direction direction = storage::Direction::ascending;
  int64_t start = 0;
  int64_t stop = 0;
  ScoreRange scores;
  MemberRange members;
  // LIMIT, of scores and members: so many are left out, and so many follow (all where negative).
  int64_t offset = 0;
  int64_t count = -1;
  bool with_scores = false;

  // Ascending ranks, to be gone through in the query's direction.
  storage::RankRange ranks_in(const storage::SortedSet& set) const;
};

// What a command's name says already; its options say the rest.
struct RangeWords {
  std::optional<RangeQuery::By> by;
  std::optional<storage::Direction> direction;
  bool may_show_scores = true;
};

// Reads the two bounds and all options.
RangeQuery read_range_query(ArgReader& args, const RangeWords& words);

}  // namespace tidemark::server
