#include "server/commands/sorted_set_query.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "storage/base/number.hpp"

namespace tidemark::server {

using storage::Direction;
using storage::Edge;
using storage::MemberBound;
using storage::RankRange;
using storage::ScoreBound;
using storage::SortedSet;

namespace {

// As the C library reads a number, which is more than a score may be: with blanks before it, as
// infinity where it is too large, and nothing at all is 0. A zero byte ends it.
std::optional<double> parse_bound(Bytes text) {
  if (const auto value = parse_double(text)) return value;
  const std::string copy(text.substr(0, text.find('\0')));
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isnan(value)) return std::nullopt;
  return value;
}

// `open`: where the bound lies when what it names is left out; else at the other edge of that.
ScoreBound read_score_bound(ArgReader& args, Bytes text, Edge open) {
  const bool left_out = text.starts_with('(');
  const auto score = parse_bound(left_out ? text.substr(1) : text);
  if (!score) args.fail("ERR min or max is not a float");
  const Edge closed = open == Edge::before ? Edge::behind : Edge::before;
  return {.score = score.value_or(0), .edge = left_out ? open : closed};
}

MemberBound read_member_bound(ArgReader& args, Bytes text, Edge open) {
  if (text == "-") return {.kind = MemberBound::Kind::first, .member = {}};
  if (text == "+") return {.kind = MemberBound::Kind::last, .member = {}};
  const bool left_out = text.starts_with('(');
  if (!left_out && !text.starts_with('[')) {
    args.fail("ERR min or max not valid string range item");
    return {};
  }
  const Edge closed = open == Edge::before ? Edge::behind : Edge::before;
  return {.member = text.substr(1), .edge = left_out ? open : closed};
}

int64_t read_rank(ArgReader& args, Bytes text) {
  const auto rank = parse_int64(text);
  if (!rank) args.fail("ERR value is not an integer or out of range");
  return rank.value_or(0);
}

}  // namespace

ScoreRange read_score_range(ArgReader& args, Bytes low, Bytes high) {
  return {.low = read_score_bound(args, low, Edge::behind),
          .high = read_score_bound(args, high, Edge::before)};
}

MemberRange read_member_range(ArgReader& args, Bytes low, Bytes high) {
  return {.low = read_member_bound(args, low, Edge::behind),
          .high = read_member_bound(args, high, Edge::before)};
}

RankRange ranks_in(const SortedSet& set, const ScoreRange& range) {
  return {.first = set.rank(range.low), .last = set.rank(range.high)};
}

RankRange ranks_in(const SortedSet& set, const MemberRange& range) {
  return {.first = set.rank(range.low), .last = set.rank(range.high)};
}

RankRange ranks_between(size_t size, int64_t start, int64_t stop) {
  const auto length = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + length, 0);
  if (stop < 0) stop += length;
  stop = std::min(stop, length - 1);
  if (start > stop) return {};
  return {.first = static_cast<size_t>(start), .last = static_cast<size_t>(stop) + 1};
}

RankRange RangeQuery::ranks_in(const SortedSet& set) const {
  const bool descending = direction == Direction::descending;
  if (by == By::rank) {
    const RankRange range = ranks_between(set.size(), start, stop);
    if (!descending || range.size() == 0) return range;
    return {.first = set.size() - range.last, .last = set.size() - range.first};
  }
  RankRange range =
      by == By::score ? server::ranks_in(set, scores) : server::ranks_in(set, members);
  if (offset < 0 || range.size() == 0) return {};
  const size_t skipped = std::min<uint64_t>(static_cast<uint64_t>(offset), range.size());
  const size_t left = range.size() - skipped;
  const size_t taken = count < 0 ? left : std::min<uint64_t>(static_cast<uint64_t>(count), left);
  if (descending) {
    range.last -= skipped;
    range.first = range.last - taken;
  } else {
    range.first += skipped;
    range.last = range.first + taken;
  }
  return range;
}

RangeQuery read_range_query(ArgReader& args, const RangeWords& words) {
  using By = RangeQuery::By;
  std::optional<By> by = words.by;
  std::optional<Direction> direction = words.direction;
  RangeQuery query;
  const Bytes first = args.next();
  const Bytes second = args.next();
  while (!args.empty() && !args.failed()) {
    if (words.may_show_scores && args.accept("withscores")) {
      query.with_scores = true;
    } else if (args.accept_with("limit", 2)) {
      query.offset = args.next_integer();
      query.count = args.next_integer();
    } else if (!direction && args.accept("rev")) {
      direction = Direction::descending;
    } else if (!by && args.accept("byscore")) {
      by = By::score;
    } else if (!by && args.accept("bylex")) {
      by = By::member;
    } else {
      args.fail_syntax();
    }
  }
  query.by = by.value_or(By::rank);
  query.direction = direction.value_or(Direction::ascending);
  if (query.by == By::rank && query.count != -1) {
    args.fail(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  }
  if (query.by == By::member && query.with_scores) {
    args.fail("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  }

  const bool descending = query.direction == Direction::descending;
  const Bytes low = descending ? second : first;
  const Bytes high = descending ? first : second;
  switch (query.by) {
    case By::rank:
      query.start = read_rank(args, first);
      query.stop = read_rank(args, second);
      break;
    case By::score:
      query.scores = read_score_range(args, low, high);
      break;
    case By::member:
      query.members = read_member_range(args, low, high);
      break;
  }
  return query;
}

}  // namespace tidemark::server
