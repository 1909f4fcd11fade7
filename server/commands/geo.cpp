// Places: sorted sets whose scores are geohashes. What searches for them is in geo_search.cpp.

#include <utility>
#include <vector>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/geo_args.hpp"
#include "server/commands/sorted_set_add.hpp"
#include "server/errors.hpp"
#include "storage/value/geohash.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

namespace {

using storage::GeoPoint;
using storage::SortedSet;

Reply geoadd(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  AddRule rule;
  for (;;) {
    if (args.accept("nx")) {
      rule.if_absent = true;
    } else if (args.accept("xx")) {
      rule.if_present = true;
    } else if (args.accept("ch")) {
      rule.count_changed = true;
    } else {
      break;
    }
  }
  if (args.remaining() % 3 != 0 || (rule.if_absent && rule.if_present)) args.fail_syntax();
  if (args.failed()) return args.error();
  std::vector<GivenScore> elements;
  elements.reserve(args.remaining() / 3);
  while (!args.empty()) {
    GeoPoint point;
    if (auto refusal = read_point(args, point)) return std::move(*refusal);
    elements.push_back({.score = geo_score(point), .member = args.next()});
  }
  return add_members(ctx, key, elements, rule);
}

constexpr Command kGeoadd{
    .name = "geoadd",
    .summary = "Adds places, or moves them.",
    .since = "3.2.0",
    .complexity = "O(log(N)) for each place, N being the members of the sorted set",
    .group = Group::geo,
    .arity = at_least(5),
    .flags = Flag::write | Flag::deny_oom,
    .event = "zadd",
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key [condition:{NX|XX}] [change=CH] data:(longitude:double latitude:double "
        "member)...",
    .run = geoadd,
};

Reply geodist(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes first = args.next();
  const Bytes second = args.next();
  if (args.remaining() > 1) args.fail_syntax();
  const double unit_m = args.empty() ? 1 : read_unit(args);
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  const auto a = point_of(*set, first);
  const auto b = point_of(*set, second);
  if (!a || !b) return Reply::null();
  protocol::Output wire;
  write_distance(wire, geo_distance(*a, *b) / unit_m);
  return Reply::encoded(std::move(wire));
}

constexpr Command kGeodist{
    .name = "geodist",
    .summary = "Tells the distance between two places.",
    .since = "3.2.0",
    .complexity = "O(1)",
    .group = Group::geo,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key member1 member2 [unit:{M|KM|FT|MI}]",
    .run = geodist,
};

// An element for each of the members that are left: write(out, GeoPoint), or null.
template <typename WriteNull, typename Write>
Reply places_reply(Context& ctx, ArgReader& args, WriteNull&& write_null, Write&& write) {
  const Bytes key = args.next();
  const auto members = args.rest();
  if (args.failed()) return args.error();
  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());

  protocol::Output wire;
  protocol::write_array_header(wire, members.size());
  for (const Bytes member : members) {
    const auto point = point_of(*set, member);
    point ? write(wire, *point) : write_null(wire, ctx.session().resp);
  }
  return Reply::encoded(std::move(wire));
}

Reply geohash(Context& ctx, ArgReader& args) {
  return places_reply(ctx, args, protocol::write_null,
                      [](protocol::Output& wire, const GeoPoint& point) {
                        const auto text = storage::geohash_text(point);
                        protocol::write_bulk(wire, {text.data(), text.size()});
                      });
}

constexpr Command kGeohash{
    .name = "geohash",
    .summary = "Returns places as standard geohashes.",
    .since = "3.2.0",
    .complexity = "O(1) for each member given",
    .group = Group::geo,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [member...]",
    .run = geohash,
};

Reply geopos(Context& ctx, ArgReader& args) {
  return places_reply(ctx, args, protocol::write_null_array,
                      [&](protocol::Output& wire, const GeoPoint& point) {
                        write_point(wire, ctx.session().resp, point);
                      });
}

constexpr Command kGeopos{
    .name = "geopos",
    .summary = "Returns the longitudes and latitudes of places.",
    .since = "3.2.0",
    .complexity = "O(1) for each member given",
    .group = Group::geo,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [member...]",
    .run = geopos,
};

constexpr Command kCommands[] = {kGeoadd, kGeodist, kGeohash, kGeopos};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> geo_commands() { return kCommands; }

}  // namespace tidemark::server
