#include "storage/value/packed_scores.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {
namespace {

// Before the bytes of a score that is no integer, so that they never spell one.
constexpr char kMark = '.';
using ScoreImage = std::array<char, 1 + sizeof(double)>;
// Up to here a double has room for every integer.
constexpr double kIntegerMax = 9007199254740992.0;  // 2^53

std::optional<int64_t> as_integer(double score) {
  if (!(score >= -kIntegerMax && score <= kIntegerMax)) return std::nullopt;
  const auto integer = static_cast<int64_t>(score);
  if (static_cast<double>(integer) != score) return std::nullopt;
  return integer;
}

}  // namespace

bool PackedScores::may_hold(Bytes member, const PackingLimits& limits) {
  return limits.elements_max > 0 && member.size() <= limits.element_bytes_max;
}

bool PackedScores::has_room_for(Bytes member, const PackingLimits& limits) const {
  return size() < limits.elements_max && may_hold(member, limits) &&
         list_.has_room(member.size() + sizeof(ScoreImage));
}

std::optional<Packed::Position> PackedScores::find(Bytes member) const {
  const Position at = list_.find(member, list_.begin(), 2);
  if (at == list_.end()) return std::nullopt;
  return at;
}

double PackedScores::score_of(Position score) const {
  const PackedElement element = list_.get(score);
  if (element.is_integer()) return static_cast<double>(element.integer());
  IntegerText unused;
  const Bytes image = element.text(unused);
  ENSURE_DEBUG(image.size() == sizeof(ScoreImage) && image.front() == kMark);
  double value = 0;
  std::memcpy(&value, image.data() + 1, sizeof value);
  return value;
}

double PackedScores::score_at(Position member) const { return score_of(list_.next(member)); }

size_t PackedScores::rank_at(Position member) const {
  size_t rank = 0;
  for (Position at = list_.begin(); at != member; at = list_.skip(at, 2)) ++rank;
  return rank;
}

template <typename IsBefore>
std::pair<Packed::Position, size_t> PackedScores::find_place(IsBefore&& is_before) const {
  size_t rank = 0;
  Position at = list_.begin();
  while (at != list_.end()) {
    const Position score = list_.next(at);
    if (!is_before(at, score_of(score))) break;
    at = list_.next(score);
    ++rank;
  }
  return {at, rank};
}

size_t PackedScores::rank(const ScoreBound& bound) const {
  return find_place([&](Position, double score) { return bound.is_behind(score); }).second;
}

size_t PackedScores::rank(const MemberBound& bound) const {
  IntegerText scratch;
  return find_place(
             [&](Position at, double) { return bound.is_behind(list_.get(at).text(scratch)); })
      .second;
}

void PackedScores::put_score(Position at, double score, Put how) {
  if (const auto integer = as_integer(score)) {
    how == Put::before ? list_.insert(at, *integer) : list_.replace(at, *integer);
    return;
  }
  ScoreImage image{kMark};
  std::memcpy(image.data() + 1, &score, sizeof score);
  const Bytes text(image.data(), image.size());
  how == Put::before ? list_.insert(at, text) : list_.replace(at, text);
}

void PackedScores::insert(Bytes member, double score) {
  IntegerText scratch;
  const Position at = find_place([&](Position other, double other_score) {
                        if (other_score != score) return other_score < score;
                        return list_.get(other).text(scratch) < member;
                      }).first;
  put_score(list_.next(list_.insert(at, member)), score, Put::before);
}

void PackedScores::append(Bytes member, double score) {
  list_.push_back(member);
  put_score(list_.end(), score, Put::before);
}

void PackedScores::change_score(Position at, Bytes member, double score) {
  IntegerText scratch;
  const auto comes_first = [&](Position other, bool other_is_before) {
    const double other_score = score_at(other);
    const Bytes other_member = list_.get(other).text(scratch);
    return other_is_before ? comes_before(other_score, other_member, score, member)
                           : comes_before(score, member, other_score, other_member);
  };
  const Position behind = list_.skip(at, 2);
  const bool stays =
      (at == list_.begin() || comes_first(list_.previous(list_.previous(at)), true)) &&
      (behind == list_.end() || comes_first(behind, false));
  if (stays) {
    put_score(list_.next(at), score, Put::instead);
    return;
  }
  erase(at);
  insert(member, score);
}

void PackedScores::erase(size_t rank, size_t count) {
  if (count > 0) list_.erase(list_.at(2 * rank), 2 * count);
}

void PackedScores::check() const {
  list_.check();
  ENSURE(list_.size() % 2 == 0);
  std::optional<Position> before;
  for (Position at = list_.begin(); at != list_.end(); at = list_.skip(at, 2)) {
    ENSURE(!std::isnan(score_at(at)));
    const PackedElement score = list_.get(list_.next(at));
    ENSURE(score.is_integer() == as_integer(score_at(at)).has_value());
    if (before) {
      IntegerText scratch;
      IntegerText scratch_before;
      ENSURE(comes_before(score_at(*before), list_.get(*before).text(scratch_before), score_at(at),
                          list_.get(at).text(scratch)));
    }
    before = at;
  }
}

}  // namespace tidemark::storage
