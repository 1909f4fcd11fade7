#include "server/commands/geo_args.hpp"

#include <fmt/format.h>

#include "protocol/encode.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

void write_coordinate(protocol::Output& out, protocol::RespVersion version, double coordinate) {
  const std::string text = to_fixed_text(coordinate);
  if (version == protocol::RespVersion::v2) {
    protocol::write_bulk(out, text);
  } else {
    protocol::write_text(out, ',', text);
  }
}

}  // namespace

std::optional<Reply> read_point(ArgReader& args, storage::GeoPoint& point) {
  point.longitude = args.next_double();
  point.latitude = args.next_double();
  if (args.failed()) return args.error();
  if (is_on_map(point)) return std::nullopt;
  return Reply::error(fmt::format("ERR invalid longitude,latitude pair {:f},{:f}", point.longitude,
                                  point.latitude));
}

double read_unit(ArgReader& args) {
  if (args.accept("m")) return 1;
  if (args.accept("km")) return 1000;
  if (args.accept("ft")) return 0.3048;
  if (args.accept("mi")) return 1609.34;
  args.fail("ERR unsupported unit provided. please use M, KM, FT, MI");
  return 1;
}

std::optional<storage::GeoPoint> point_of(const storage::SortedSet* set, Bytes member) {
  const auto score = set == nullptr ? std::nullopt : set->score(member);
  if (!score) return std::nullopt;
  return storage::geo_point(*score);
}

void write_distance(protocol::Output& out, double distance) {
  protocol::write_bulk(out, fmt::format("{:.4f}", distance));
}

void write_point(protocol::Output& out, protocol::RespVersion version,
                 const storage::GeoPoint& point) {
  protocol::write_array_header(out, 2);
  write_coordinate(out, version, point.longitude);
  write_coordinate(out, version, point.latitude);
}

}  // namespace tidemark::server
