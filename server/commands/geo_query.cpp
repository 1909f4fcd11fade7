#include "server/commands/geo_query.hpp"

#include <utility>

#include <fmt/format.h>

#include "server/commands/geo_args.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

using storage::GeoPoint;
using storage::GeoShape;
using storage::SortedSet;

namespace {

// What a search is about, as far as it was said.
struct Area {
  enum class By : uint8_t { nothing, circle, box };
  enum class From : uint8_t { nothing, member, point };

  From from = From::nothing;
  std::optional<GeoPoint> center;
  By by = By::nothing;
  double radius = 0;
  double width = 0;
  double height = 0;
};

double read_length(ArgReader& args, Bytes error) {
  const auto length = parse_double(args.next());
  if (!length) args.fail(error);
  return length.value_or(0);
}

void read_circle(ArgReader& args, Area& area, double& unit_m) {
  area.by = Area::By::circle;
  area.radius = read_length(args, "ERR need numeric radius");
  if (area.radius < 0) args.fail("ERR radius cannot be negative");
  unit_m = read_unit(args);
}

void read_box(ArgReader& args, Area& area, double& unit_m) {
  area.by = Area::By::box;
  area.width = read_length(args, "ERR need numeric width");
  area.height = read_length(args, "ERR need numeric height");
  if (area.width < 0 || area.height < 0) args.fail("ERR height or width cannot be negative");
  unit_m = read_unit(args);
}

void read_member(ArgReader& args, const SortedSet* set, Area& area) {
  area.from = Area::From::member;
  area.center = point_of(set, args.next());
  if (set != nullptr && !area.center) args.fail("ERR could not decode requested zset member");
}

std::optional<Reply> read_center(ArgReader& args, Area& area) {
  area.from = Area::From::point;
  return read_point(args, area.center.emplace());
}

// FROMMEMBER, FROMLONLAT, BYRADIUS and BYBOX, each of which may be repeated but not mixed.
bool accept_area(ArgReader& args, const SortedSet* set, Area& area, GeoQuery& query,
                 std::optional<Reply>& refusal) {
  if (area.from != Area::From::point && args.accept_with("frommember", 1)) {
    read_member(args, set, area);
  } else if (area.from != Area::From::member && args.accept_with("fromlonlat", 2)) {
    refusal = read_center(args, area);
  } else if (area.by != Area::By::box && args.accept_with("byradius", 2)) {
    read_circle(args, area, query.unit_m);
  } else if (area.by != Area::By::circle && args.accept_with("bybox", 3)) {
    read_box(args, area, query.unit_m);
  } else {
    return false;
  }
  return true;
}

bool accept_store(ArgReader& args, const GeoWords& words, GeoQuery& query) {
  if (words.store && args.accept_with("store", 1)) {
    query.store_key = args.next();
    query.store_distances = false;
  } else if (words.store && args.accept_with("storedist", 1)) {
    query.store_key = args.next();
    query.store_distances = true;
  } else if (words.store_distance && args.accept("storedist")) {
    query.store_distances = true;
  } else {
    return false;
  }
  return true;
}

void read_count(ArgReader& args, GeoQuery& query) {
  const int64_t count = args.next_integer();
  if (count <= 0) args.fail("ERR COUNT must be > 0");
  query.count = static_cast<size_t>(count);
}

std::optional<Reply> read_options(ArgReader& args, const SortedSet* set, const GeoWords& words,
                                  Area& area, GeoQuery& query) {
  std::optional<Reply> refusal;
  while (!args.empty() && !args.failed() && !refusal) {
    if (args.accept("withdist")) {
      query.with_distance = true;
    } else if (args.accept("withhash")) {
      query.with_hash = true;
    } else if (args.accept("withcoord")) {
      query.with_coordinates = true;
    } else if (args.accept("any")) {
      query.any = true;
    } else if (args.accept("asc")) {
      query.order = GeoQuery::Order::ascending;
    } else if (args.accept("desc")) {
      query.order = GeoQuery::Order::descending;
    } else if (args.accept_with("count", 1)) {
      read_count(args, query);
    } else if (!accept_store(args, words, query) &&
               (words.where != GeoWords::Where::options ||
                !accept_area(args, set, area, query, refusal))) {
      args.fail_syntax();
    }
  }
  if (!refusal && args.failed()) refusal = args.error();
  return refusal;
}

// What the arguments say together. `name`: the command as it was called.
std::optional<Reply> check_together(Bytes name, const GeoWords& words, const Area& area,
                                    const GeoQuery& query) {
  if (query.store_key && query.with_anything()) {
    const Bytes what = words.where == GeoWords::Where::options ? Bytes("GEOSEARCHSTORE")
                                                               : Bytes("STORE option in GEORADIUS");
    return Reply::error(fmt::format(
        "ERR {} is not compatible with WITHDIST, WITHHASH and WITHCOORD options", what));
  }
  if (words.where == GeoWords::Where::options && area.from == Area::From::nothing) {
    return Reply::error(
        fmt::format("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {}", name));
  }
  if (words.where == GeoWords::Where::options && area.by == Area::By::nothing) {
    return Reply::error(
        fmt::format("ERR exactly one of BYRADIUS and BYBOX can be specified for {}", name));
  }
  if (query.any && query.count == 0) {
    return Reply::error("ERR the ANY argument requires COUNT argument");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Reply> read_geo_query(ArgReader& args, const SortedSet* set, const GeoWords& words,
                                    GeoQuery& query) {
  Area area;
  if (words.where == GeoWords::Where::point) {
    if (auto refusal = read_center(args, area)) return refusal;
    read_circle(args, area, query.unit_m);
  } else if (words.where == GeoWords::Where::member && set == nullptr) {
    // Of a set that is absent nothing is asked, not even whether the radius is a number.
    args.take(3);
  } else if (words.where == GeoWords::Where::member) {
    read_member(args, set, area);
    read_circle(args, area, query.unit_m);
  }
  if (args.failed()) return args.error();
  if (auto refusal = read_options(args, set, words, area, query)) return refusal;
  if (auto refusal = check_together(args.all().front(), words, area, query)) return refusal;

  // The nearest, where so many are wanted and not just any.
  if (query.count > 0 && !query.any && query.order == GeoQuery::Order::none) {
    query.order = GeoQuery::Order::ascending;
  }
  if (area.center) {
    query.shape =
        area.by == Area::By::circle
            ? GeoShape::circle(*area.center, area.radius * query.unit_m)
            : GeoShape::box(*area.center, area.width * query.unit_m, area.height * query.unit_m);
  }
  return std::nullopt;
}

}  // namespace tidemark::server
