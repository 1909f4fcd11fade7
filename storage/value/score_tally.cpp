#include "storage/value/score_tally.hpp"

#include <cstring>

namespace tidemark::storage {

Bytes ScoreTally::copy(Bytes member) {
  longest_member_ = std::max(longest_member_, member.size());
  if (member.empty()) return {};
  auto* to = static_cast<char*>(texts_.allocate(member.size(), 1));
  std::memcpy(to, member.data(), member.size());
  return {to, member.size()};
}

uint64_t& ScoreTally::find(uint64_t hash, Bytes member) {
  const size_t mask = places_.size() - 1;
  size_t at = hash & mask;
  for (;; at = (at + 1) & mask) {
    const uint64_t place = places_[at];
    if (place == kFree) break;
    const Element& element = elements_[place];
    if (element.hash == hash && element.member == member) break;
  }
  return places_[at];
}

void ScoreTally::grow() {
  places_.assign(std::max(kPlacesMin, 2 * places_.size()), kFree);
  const size_t mask = places_.size() - 1;
  for (size_t i = 0; i < elements_.size(); ++i) {
    size_t at = elements_[i].hash & mask;
    while (places_[at] != kFree) at = (at + 1) & mask;
    places_[at] = i;
  }
}

}  // namespace tidemark::storage
