#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocol/reply.hpp"
#include "server/command/arg_reader.hpp"
#include "storage/value/geo_shape.hpp"
#include "storage/value/geohash.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

// The commands that search for places differ in how they say where, and in what they may be asked.
struct GeoWords {
  enum class Where : uint8_t {
    point,    // GEORADIUS: a longitude and a latitude, then a radius
    member,   // GEORADIUSBYMEMBER: a member, then a radius
    options,  // GEOSEARCH: FROMMEMBER or FROMLONLAT, BYRADIUS or BYBOX
  };
  Where where = Where::options;
  bool store = false;           // STORE key and STOREDIST key
  bool store_distance = false;  // STOREDIST
};

struct GeoQuery {
  enum class Order : uint8_t { none, ascending, descending };

  // None where a member of an absent set was to be its center.
  std::optional<storage::GeoShape> shape;
  double unit_m = 1;
  bool with_coordinates = false;
  bool with_distance = false;
  bool with_hash = false;
  size_t count = 0;  // all where it is 0
  bool any = false;  // the first that are met
  Order order = Order::none;
  std::optional<Bytes> store_key;
  bool store_distances = false;

  bool with_anything() const { return with_coordinates || with_distance || with_hash; }
};

// Reads all that is left. Members are looked up in `set`, which may be null. Returns what is to be
// answered instead where the arguments make no sense.
std::optional<protocol::Reply> read_geo_query(ArgReader& args, const storage::SortedSet* set,
                                              const GeoWords& words, GeoQuery& query);

}  // namespace tidemark::server
