#pragma once

#include <array>
#include <cstdint>

#include "storage/base/bytes.hpp"

// Places on the earth as numbers that a sorted set orders: 26 bits of latitude and 26 of longitude,
// interleaved (https://redis.io/docs/latest/commands/geoadd/), so that places that are near each
// other mostly have scores that are. Every constant and every order of operations here is Redis's,
// since clients see the last bit of what comes out.
namespace tidemark::storage {

struct GeoPoint {
  double longitude = 0;
  double latitude = 0;
};

inline constexpr double kLongitudeMax = 180;
// Where a square map of the world ends.
inline constexpr double kLatitudeMax = 85.05112878;

bool is_on_map(const GeoPoint& point);

// A rectangle of the map when it is halved `steps` times in each direction, by its indexes from the
// south-west corner. At the very edge of the map an index may be one too high.
struct GeoCell {
  static constexpr unsigned kStepsMax = 26;

  uint32_t longitude = 0;
  uint32_t latitude = 0;
  unsigned steps = kStepsMax;

  static GeoCell around(const GeoPoint& point, unsigned steps = kStepsMax);

  // The cell next to it, so many to the east and to the north; the map has no edges here.
  GeoCell beside(int east, int north) const;
  // The cell's bits, interleaved.
  uint64_t bits() const;

  double west() const;
  double east() const;
  double south() const;
  double north() const;

  friend bool operator==(const GeoCell&, const GeoCell&) = default;
};

// A place as a score, and what is left of it.
double geo_score(const GeoPoint& point);
GeoPoint geo_point(double score);

// The 11 characters of a standard geohash, the last of which is always 0.
std::array<char, 11> geohash_text(const GeoPoint& point);

// In metres, along a great circle of an earth that is a ball.
double geo_distance(const GeoPoint& a, const GeoPoint& b);
// Between two parallels.
double latitude_distance(double latitude_a, double latitude_b);

inline constexpr double kEarthRadius = 6372797.560856;
double to_radians(double degrees);
double to_degrees(double radians);

}  // namespace tidemark::storage
