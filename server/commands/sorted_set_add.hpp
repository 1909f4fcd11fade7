#pragma once

#include <optional>
#include <span>

#include "server/command/context.hpp"
#include "storage/base/bytes.hpp"

// Adding to sorted sets: what ZADD, ZINCRBY and GEOADD share.
namespace tidemark::server {

// A member with a score, or with what is added to its score.
struct GivenScore {
  double score = 0;
  Bytes member;
};

// What ZADD's options make of a score that is given.
struct AddRule {
  bool if_absent = false;
  bool if_present = false;
  bool if_greater = false;
  bool if_less = false;
  bool increment = false;
  bool count_changed = false;

  // The score that a member is to have, which may be NaN; none where it stays as it is.
  std::optional<double> operator()(std::optional<double> present, double given) const {
    if (!present) return if_present ? std::nullopt : std::optional(given);
    if (if_absent) return std::nullopt;
    const double wanted = increment ? *present + given : given;
    if ((if_greater && wanted <= *present) || (if_less && wanted >= *present)) return std::nullopt;
    return wanted;
  }
};

// Answers with how many were added, or added and changed. REQUIRES: no increment.
Reply add_members(Context& ctx, Bytes key, std::span<const GivenScore> elements,
                  const AddRule& rule);
// Answers with the sum, or with null where the rule forbids it.
Reply add_to_score(Context& ctx, Bytes key, const GivenScore& element, const AddRule& rule);

}  // namespace tidemark::server
