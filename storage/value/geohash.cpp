#include "storage/value/geohash.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tidemark::storage {
namespace {

constexpr double kRadiansPerDegree = std::numbers::pi / 180;

// Spreads 32 bits over the even bits of 64.
uint64_t spread_bits(uint64_t bits) {
  bits = (bits | (bits << 16)) & 0x0000ffff0000ffffU;
  bits = (bits | (bits << 8)) & 0x00ff00ff00ff00ffU;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f0f0f0f0fU;
  bits = (bits | (bits << 2)) & 0x3333333333333333U;
  return (bits | (bits << 1)) & 0x5555555555555555U;
}

// The even bits, side by side.
uint32_t gather_bits(uint64_t bits) {
  bits &= 0x5555555555555555U;
  bits = (bits | (bits >> 1)) & 0x3333333333333333U;
  bits = (bits | (bits >> 2)) & 0x0f0f0f0f0f0f0f0fU;
  bits = (bits | (bits >> 4)) & 0x00ff00ff00ff00ffU;
  bits = (bits | (bits >> 8)) & 0x0000ffff0000ffffU;
  return static_cast<uint32_t>(bits | (bits >> 16));
}

// Which of 2^steps equal parts from -max to max a coordinate is in.
uint32_t index_of(double coordinate, double max, unsigned steps) {
  const double part = (coordinate + max) / (max + max);
  return static_cast<uint32_t>(part * static_cast<double>(uint64_t{1} << steps));
}

// Where a part begins.
double start_of(uint64_t index, double max, unsigned steps) {
  const double part = static_cast<double>(index) / static_cast<double>(uint64_t{1} << steps);
  return -max + part * (max + max);
}

}  // namespace

double to_radians(double degrees) { return degrees * kRadiansPerDegree; }
double to_degrees(double radians) { return radians / kRadiansPerDegree; }

bool is_on_map(const GeoPoint& point) {
  return std::abs(point.longitude) <= kLongitudeMax && std::abs(point.latitude) <= kLatitudeMax;
}

GeoCell GeoCell::around(const GeoPoint& point, unsigned steps) {
  return {.longitude = index_of(point.longitude, kLongitudeMax, steps),
          .latitude = index_of(point.latitude, kLatitudeMax, steps),
          .steps = steps};
}

GeoCell GeoCell::beside(int east, int north) const {
  const uint32_t mask = (uint32_t{1} << steps) - 1;
  GeoCell cell = *this;
  if (east != 0) cell.longitude = (longitude + static_cast<uint32_t>(east)) & mask;
  if (north != 0) cell.latitude = (latitude + static_cast<uint32_t>(north)) & mask;
  return cell;
}

uint64_t GeoCell::bits() const { return spread_bits(latitude) | (spread_bits(longitude) << 1); }

double GeoCell::west() const { return start_of(longitude, kLongitudeMax, steps); }
double GeoCell::east() const { return start_of(uint64_t{longitude} + 1, kLongitudeMax, steps); }
double GeoCell::south() const { return start_of(latitude, kLatitudeMax, steps); }
double GeoCell::north() const { return start_of(uint64_t{latitude} + 1, kLatitudeMax, steps); }

double geo_score(const GeoPoint& point) {
  return static_cast<double>(GeoCell::around(point).bits());
}

GeoPoint geo_point(double score) {
  const auto bits = static_cast<uint64_t>(score);
  const GeoCell cell{.longitude = gather_bits(bits >> 1), .latitude = gather_bits(bits)};
  return {.longitude = std::clamp((cell.west() + cell.east()) / 2, -kLongitudeMax, kLongitudeMax),
          .latitude = std::clamp((cell.south() + cell.north()) / 2, -kLatitudeMax, kLatitudeMax)};
}

std::array<char, 11> geohash_text(const GeoPoint& point) {
  constexpr Bytes kAlphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr unsigned kBits = 2 * GeoCell::kStepsMax;
  // The standard has latitudes up to the poles.
  const GeoCell cell{.longitude = index_of(point.longitude, 180, GeoCell::kStepsMax),
                     .latitude = index_of(point.latitude, 90, GeoCell::kStepsMax)};
  std::array<char, 11> text;
  for (unsigned i = 0; i + 1 < text.size(); ++i) {
    text[i] = kAlphabet[(cell.bits() >> (kBits - 5 * (i + 1))) & 31U];
  }
  // There are two bits left where five would be needed.
  text.back() = '0';
  return text;
}

double latitude_distance(double latitude_a, double latitude_b) {
  return kEarthRadius * std::abs(to_radians(latitude_b) - to_radians(latitude_a));
}

double geo_distance(const GeoPoint& a, const GeoPoint& b) {
  const double v = std::sin((to_radians(b.longitude) - to_radians(a.longitude)) / 2);
  if (v == 0) return latitude_distance(a.latitude, b.latitude);
  const double latitude_a = to_radians(a.latitude);
  const double latitude_b = to_radians(b.latitude);
  const double u = std::sin((latitude_b - latitude_a) / 2);
  const double haversine = u * u + std::cos(latitude_a) * std::cos(latitude_b) * v * v;
  return 2.0 * kEarthRadius * std::asin(std::sqrt(haversine));
}

}  // namespace tidemark::storage
