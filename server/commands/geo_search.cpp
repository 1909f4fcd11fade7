// Searches for places near others.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/families.hpp"
#include "server/commands/geo_args.hpp"
#include "server/commands/geo_query.hpp"
#include "server/commands/sorted_set_limits.hpp"
#include "server/commands/sorted_set_store.hpp"
#include "server/errors.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

using storage::GeoPoint;
using storage::GeoShape;
using storage::SortedSet;

struct Hit {
  std::string member;
  double score;
  GeoPoint point;
  double distance_m;
};

// Those in the shape: all, or where a limit is given, the first so many that are met.
std::vector<Hit> find_hits(const SortedSet& set, const GeoShape& shape, size_t limit) {
  // What is visited without looking whether it is enough.
  constexpr size_t kStep = 64;
  std::vector<Hit> hits;
  const auto enough = [&] { return limit > 0 && hits.size() >= limit; };
  const GeoShape::Ranges ranges = shape.ranges();
  for (const auto& [low, high] : ranges.all()) {
    const size_t last = set.rank(high);
    for (size_t rank = set.rank(low); rank < last && !enough(); rank += kStep) {
      set.visit(rank, std::min(kStep, last - rank), storage::Direction::ascending,
                [&](Bytes member, double score) {
                  const GeoPoint point = storage::geo_point(score);
                  const auto distance_m = shape.distance_within(point);
                  if (!distance_m || enough()) return;
                  hits.push_back({.member = std::string(member),
                                  .score = score,
                                  .point = point,
                                  .distance_m = *distance_m});
                });
    }
  }
  return hits;
}

void sort_hits(std::vector<Hit>& hits, GeoQuery::Order order) {
  if (order == GeoQuery::Order::none) return;
  std::stable_sort(hits.begin(), hits.end(), [order](const Hit& a, const Hit& b) {
    return order == GeoQuery::Order::ascending ? a.distance_m < b.distance_m
                                               : b.distance_m < a.distance_m;
  });
}

void write_hit(protocol::Output& wire, protocol::RespVersion resp, const GeoQuery& query,
               const Hit& hit) {
  if (query.with_anything()) {
    protocol::write_array_header(wire, 1 + size_t{query.with_distance} + size_t{query.with_hash} +
                                           size_t{query.with_coordinates});
  }
  protocol::write_bulk(wire, hit.member);
  if (query.with_distance) write_distance(wire, hit.distance_m / query.unit_m);
  if (query.with_hash) protocol::write_integer(wire, static_cast<int64_t>(hit.score));
  if (query.with_coordinates) write_point(wire, resp, hit.point);
}

Reply search(Context& ctx, ArgReader& args, const GeoWords& words,
             std::optional<Bytes> destination = {}) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  GeoQuery query;
  query.store_key = destination;
  if (auto refusal = read_geo_query(args, *set, words, query)) return std::move(*refusal);

  std::vector<Hit> hits;
  if (*set != nullptr && query.shape) {
    hits = find_hits(**set, *query.shape, query.any ? query.count : 0);
  }
  sort_hits(hits, query.order);
  if (query.count > 0 && hits.size() > query.count) hits.resize(query.count);

  if (query.store_key) {
    NewSortedSet stored(sorted_set_limits(ctx));
    for (const Hit& hit : hits) {
      stored.put(hit.member, query.store_distances ? hit.distance_m / query.unit_m : hit.score);
    }
    return std::move(stored).store(ctx, *query.store_key);
  }
  protocol::Output wire;
  protocol::write_array_header(wire, hits.size());
  for (const Hit& hit : hits) write_hit(wire, ctx.session().resp, query, hit);
  return Reply::encoded(std::move(wire));
}

Reply georadius(Context& ctx, ArgReader& args) {
  return search(ctx, args, {.where = GeoWords::Where::point, .store = true});
}

// As a specification can say it: behind the first STORE or STOREDIST, which may be a key itself.
constexpr KeySpec key_after(Bytes word, int16_t from) {
  return {.start = StartAfter{.keyword = word, .from = from}, .access = Access::overwrite};
}

// The keys behind every `word` among the options.
void find_stored(std::span<const Bytes> args, size_t options, Bytes word, FoundKeys& found) {
  for (size_t i = options; i + 1 < args.size(); ++i) {
    const bool stores = equals_nocase(args[i], "store") || equals_nocase(args[i], "storedist");
    if (equals_nocase(args[i], word)) found.add(i + 1, Access::overwrite);
    if (stores || equals_nocase(args[i], "count")) ++i;
  }
}

bool find_geo_keys(std::span<const Bytes> args, size_t options, FoundKeys& found) {
  found.add(1, Access::read);
  find_stored(args, options, "store", found);
  find_stored(args, options, "storedist", found);
  return true;
}

bool keys_of_georadius(std::span<const Bytes> args, FoundKeys& found) {
  return find_geo_keys(args, 6, found);
}

constexpr Command kGeoradius{
    .name = "georadius",
    .summary = "Finds the places around a point, and may store them.",
    .since = "3.2.0",
    .complexity = "O(N+log(M)), N being the places near the circle and M all of them",
    .deprecated = {.since = "6.2.0", .instead = "`GEOSEARCH` and `GEOSEARCHSTORE` with `BYRADIUS`"},
    .group = Group::geo,
    .arity = at_least(6),
    .flags = Flag::write | Flag::deny_oom,
    .event = "georadiusstore",
    .keys = {key_at(1, Access::read), key_after("STORE", 6), key_after("STOREDIST", 6)},
    .find_keys = keys_of_georadius,
    .syntax =
        "key:key longitude:double latitude:double radius:double unit:{M|KM|FT|MI} [WITHCOORD] "
        "[WITHDIST] [WITHHASH] [count-block:(COUNT count:integer [ANY])] [order:{ASC|DESC}] "
        "[store:{STORE storekey<key>:key1|STOREDIST storedistkey<key>:key2}]",
    .run = georadius,
};

Reply georadius_ro(Context& ctx, ArgReader& args) {
  return search(ctx, args, {.where = GeoWords::Where::point});
}

constexpr Command kGeoradiusRo{
    .name = "georadius_ro",
    .summary = "Finds the places around a point.",
    .since = "3.2.10",
    .complexity = "O(N+log(M)), N being the places near the circle and M all of them",
    .deprecated = {.since = "6.2.0", .instead = "`GEOSEARCH` with `BYRADIUS`"},
    .group = Group::geo,
    .arity = at_least(6),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key longitude:double latitude:double radius:double unit:{M|KM|FT|MI} [WITHCOORD] "
        "[WITHDIST] [WITHHASH] [count-block:(COUNT count:integer [ANY])] [order:{ASC|DESC}]",
    .run = georadius_ro,
};

Reply georadiusbymember(Context& ctx, ArgReader& args) {
  return search(ctx, args, {.where = GeoWords::Where::member, .store = true});
}

bool keys_of_georadiusbymember(std::span<const Bytes> args, FoundKeys& found) {
  return find_geo_keys(args, 5, found);
}

constexpr Command kGeoradiusbymember{
    .name = "georadiusbymember",
    .summary = "Finds the places around one of them, and may store them.",
    .since = "3.2.0",
    .complexity = "O(N+log(M)), N being the places near the circle and M all of them",
    .deprecated = {.since = "6.2.0",
                   .instead = "`GEOSEARCH` and `GEOSEARCHSTORE` with `BYRADIUS` and `FROMMEMBER`"},
    .group = Group::geo,
    .arity = at_least(5),
    .flags = Flag::write | Flag::deny_oom,
    .event = "georadiusstore",
    .keys = {key_at(1, Access::read), key_after("STORE", 5), key_after("STOREDIST", 5)},
    .find_keys = keys_of_georadiusbymember,
    .syntax =
        "key:key member radius:double unit:{M|KM|FT|MI} [WITHCOORD] [WITHDIST] [WITHHASH] "
        "[count-block:(COUNT count:integer [ANY])] [order:{ASC|DESC}] [store:{STORE "
        "storekey<key>:key1|STOREDIST storedistkey<key>:key2}]",
    .run = georadiusbymember,
};

Reply georadiusbymember_ro(Context& ctx, ArgReader& args) {
  return search(ctx, args, {.where = GeoWords::Where::member});
}

constexpr Command kGeoradiusbymemberRo{
    .name = "georadiusbymember_ro",
    .summary = "Finds the places around one of them.",
    .since = "3.2.10",
    .complexity = "O(N+log(M)), N being the places near the circle and M all of them",
    .deprecated = {.since = "6.2.0", .instead = "`GEOSEARCH` with `BYRADIUS` and `FROMMEMBER`"},
    .group = Group::geo,
    .arity = at_least(5),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key member radius:double unit:{M|KM|FT|MI} [WITHCOORD] [WITHDIST] [WITHHASH] "
        "[count-block:(COUNT count:integer [ANY])] [order:{ASC|DESC}]",
    .run = georadiusbymember_ro,
};

Reply geosearch(Context& ctx, ArgReader& args) { return search(ctx, args, {}); }

constexpr Command kGeosearch{
    .name = "geosearch",
    .summary = "Finds the places in a circle or a rectangle.",
    .since = "6.2.0",
    .complexity = "O(N+log(M)), N being the places near the shape and M all of them",
    .group = Group::geo,
    .arity = at_least(7),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key from:{FROMMEMBER member|FROMLONLAT fromlonlat:(longitude:double "
        "latitude:double)} by:{circle:(BYRADIUS radius:double unit:{M|KM|FT|MI})|box:(BYBOX "
        "width:double height:double unit:{M|KM|FT|MI})} [order:{ASC|DESC}] [count-block:(COUNT "
        "count:integer [ANY])] [WITHCOORD] [WITHDIST] [WITHHASH]",
    .run = geosearch,
};

Reply geosearchstore(Context& ctx, ArgReader& args) {
  const Bytes destination = args.next();
  return search(ctx, args, {.store_distance = true}, destination);
}

constexpr Command kGeosearchstore{
    .name = "geosearchstore",
    .summary = "Stores the places in a circle or a rectangle in another key.",
    .since = "6.2.0",
    .complexity = "O(N+log(M)), N being the places near the shape and M all of them",
    .group = Group::geo,
    .arity = at_least(8),
    .flags = Flag::write | Flag::deny_oom,
    .event = "geosearchstore",
    .keys = {key_at(1, Access::overwrite), key_at(2, Access::read)},
    .syntax =
        "destination:key source:key1 from:{FROMMEMBER member|FROMLONLAT "
        "fromlonlat:(longitude:double latitude:double)} by:{circle:(BYRADIUS radius:double "
        "unit:{M|KM|FT|MI})|box:(BYBOX width:double height:double unit:{M|KM|FT|MI})} "
        "[order:{ASC|DESC}] [count-block:(COUNT count:integer [ANY])] [STOREDIST]",
    .run = geosearchstore,
};

constexpr Command kCommands[] = {kGeoradius,           kGeoradiusRo, kGeoradiusbymember,
                                 kGeoradiusbymemberRo, kGeosearch,   kGeosearchstore};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> geo_search_commands() { return kCommands; }

}  // namespace tidemark::server
