#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "protocol/encode.hpp"
#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "storage/base/bytes.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

// How the elements of a sorted set stand in a reply.
enum class ScoredLayout : uint8_t {
  members,  // without their scores
  flat,     // member and score in turn
  pairs,    // an array of two for each
};

// With scores, RESP3 has pairs where RESP2 has one flat array.
inline ScoredLayout layout_with_scores(protocol::RespVersion version) {
  return version == protocol::RespVersion::v2 ? ScoredLayout::flat : ScoredLayout::pairs;
}

// The reply of a command that answers with elements of a sorted set: written to the wire as they
// are met, without a Reply for each.
class ScoredReply {
 public:
  // Of as many elements as will be added.
  ScoredReply(protocol::RespVersion version, ScoredLayout layout, size_t count)
      : version_(version), layout_(layout) {
    protocol::write_array_header(out_, layout == ScoredLayout::flat ? 2 * count : count);
  }

  void add(Bytes member, double score) {
    if (layout_ == ScoredLayout::pairs) protocol::write_array_header(out_, 2);
    protocol::write_bulk(out_, member);
    if (layout_ != ScoredLayout::members) protocol::write_real(out_, version_, score);
  }
  // A range of a set, in either direction.
  void add(const storage::SortedSet& set, const storage::RankRange& range,
           storage::Direction direction) {
    if (range.size() == 0) return;
    const bool ascending = direction == storage::Direction::ascending;
    set.visit(ascending ? range.first : range.last - 1, range.size(), direction,
              [this](Bytes member, double score) { add(member, score); });
  }

  size_t bytes() const { return out_.size(); }
  protocol::Output finish_wire() && { return std::move(out_); }
  protocol::Reply finish() && { return protocol::Reply::encoded(std::move(out_)); }

 private:
  protocol::RespVersion version_;
  ScoredLayout layout_;
  protocol::Output out_;
};

}  // namespace tidemark::server
