#include "server/commands/sorted_set_add.hpp"

#include <cmath>

#include "server/commands/sorted_set_limits.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

using storage::IfAbsent;
using storage::SortedSet;

Reply add_members(Context& ctx, Bytes key, std::span<const GivenScore> elements,
                  const AddRule& rule) {
  auto set = ctx.database(key).edit<SortedSet>(
      ctx.hashed(key), rule.if_present ? IfAbsent::leave : IfAbsent::create);
  if (!set) return error_reply(set.error());
  if (!*set) return Reply::integer(0);
  const storage::PackingLimits limits = sorted_set_limits(ctx);
  int64_t added = 0;
  int64_t changed = 0;
  for (const GivenScore& element : elements) {
    const SortedSet::Update update =
        (*set)->update(element.member, limits,
                       [&](std::optional<double> present) { return rule(present, element.score); });
    added += update == SortedSet::Update::added ? 1 : 0;
    changed += update == SortedSet::Update::changed ? 1 : 0;
  }
  if (added + changed == 0) set->nothing_changed();
  return Reply::integer(rule.count_changed ? added + changed : added);
}

Reply add_to_score(Context& ctx, Bytes key, const GivenScore& element, const AddRule& rule) {
  auto set = ctx.database(key).edit<SortedSet>(
      ctx.hashed(key), rule.if_present ? IfAbsent::leave : IfAbsent::create);
  if (!set) return error_reply(set.error());
  if (!*set) return Reply::null();
  std::optional<double> sum;
  const SortedSet::Update update =
      (*set)->update(element.member, sorted_set_limits(ctx), [&](std::optional<double> present) {
        sum = rule(present, element.score);
        return sum && std::isnan(*sum) ? std::nullopt : sum;
      });
  if (update == SortedSet::Update::none) set->nothing_changed();
  if (!sum) return Reply::null();
  if (std::isnan(*sum)) return Reply::error("ERR resulting score is not a number (NaN)");
  return Reply::real(*sum);
}

}  // namespace tidemark::server
