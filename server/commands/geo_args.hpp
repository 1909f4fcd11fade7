#pragma once

#include <optional>

#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "server/command/arg_reader.hpp"
#include "storage/value/geohash.hpp"
#include "storage/value/sorted_set.hpp"

// What the geo commands share in reading arguments and writing replies.
namespace tidemark::server {

using protocol::Reply;

// A longitude and a latitude. Returns what is to be answered instead where they are no numbers, or
// no place.
std::optional<Reply> read_point(ArgReader& args, storage::GeoPoint& point);

// The metres of a unit: m, km, ft or mi.
double read_unit(ArgReader& args);

// Where a member is; none where there is no such member.
std::optional<storage::GeoPoint> point_of(const storage::SortedSet* set, Bytes member);

// With four decimals, a bulk string in RESP3, too.
void write_distance(protocol::Output& out, double distance);
void write_point(protocol::Output& out, protocol::RespVersion version,
                 const storage::GeoPoint& point);

}  // namespace tidemark::server
