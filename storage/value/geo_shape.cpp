#include "storage/value/geo_shape.hpp"

#include <algorithm>
#include <cmath>

namespace tidemark::storage {
namespace {

// Half of the equator, as a square map of the world has it.
constexpr double kMapHalfMeters = 20037726.37;

}  // namespace

GeoShape GeoShape::circle(const GeoPoint& center, double radius_m) {
  GeoShape shape;
  shape.center_ = center;
  shape.radius_m_ = shape.width_m_ = shape.height_m_ = radius_m;
  return shape;
}

GeoShape GeoShape::box(const GeoPoint& center, double width_m, double height_m) {
  GeoShape shape;
  shape.center_ = center;
  shape.is_circle_ = false;
  shape.width_m_ = width_m;
  shape.height_m_ = height_m;
  shape.radius_m_ = std::sqrt((width_m / 2) * (width_m / 2) + (height_m / 2) * (height_m / 2));
  return shape;
}

std::optional<double> GeoShape::distance_within(const GeoPoint& point) const {
  if (!is_circle_) {
    if (latitude_distance(point.latitude, center_.latitude) > height_m_ / 2) return std::nullopt;
    // Along the point's own parallel.
    const GeoPoint below{.longitude = center_.longitude, .latitude = point.latitude};
    if (geo_distance(point, below) > width_m_ / 2) return std::nullopt;
    return geo_distance(center_, point);
  }
  const double distance = geo_distance(center_, point);
  return distance > radius_m_ ? std::nullopt : std::optional(distance);
}

GeoShape::Bounds GeoShape::bounds() const {
  const double height_m = is_circle_ ? radius_m_ : height_m_ / 2;
  const double width_m = is_circle_ ? radius_m_ : width_m_ / 2;
  const double latitude_delta = to_degrees(height_m / kEarthRadius);
  const auto longitude_delta = [&](double latitude) {
    return to_degrees(width_m / kEarthRadius / std::cos(to_radians(latitude)));
  };
  // A degree of longitude is shortest at the parallel that is farthest from the equator.
  const double delta = center_.latitude < 0 ? longitude_delta(center_.latitude - latitude_delta)
                                            : longitude_delta(center_.latitude + latitude_delta);
  return {.west = center_.longitude - delta,
          .south = center_.latitude - latitude_delta,
          .east = center_.longitude + delta,
          .north = center_.latitude + latitude_delta};
}

// How often the map is halved so that a cell and its neighbours cover the shape. Near the poles
// cells are narrower.
unsigned GeoShape::steps() const {
  if (radius_m_ == 0) return GeoCell::kStepsMax;
  int steps = -1;
  for (double meters = radius_m_; meters < kMapHalfMeters; meters *= 2) ++steps;
  const double latitude = std::abs(center_.latitude);
  if (latitude > 66) --steps;
  if (latitude > 80) --steps;
  return static_cast<unsigned>(std::clamp(steps, 1, int{GeoCell::kStepsMax}));
}

void GeoShape::Ranges::add(const GeoCell& cell) {
  const unsigned shift = 2 * (GeoCell::kStepsMax - cell.steps);
  const uint64_t bits = cell.bits();
  ranges_[count_++] = {.low = {.score = static_cast<double>(bits << shift)},
                       .high = {.score = static_cast<double>((bits + 1) << shift)}};
}

GeoShape::Ranges GeoShape::ranges() const {
  const Bounds bounds = this->bounds();
  unsigned steps = this->steps();
  GeoCell cell = GeoCell::around(center_, steps);
  // Where a neighbour does not reach as far as the shape does, larger cells are needed.
  const bool too_small =
      cell.beside(0, 1).north() < bounds.north || cell.beside(0, -1).south() > bounds.south ||
      cell.beside(1, 0).east() < bounds.east || cell.beside(-1, 0).west() > bounds.west;
  if (too_small && steps > 1) cell = GeoCell::around(center_, --steps);

  // Neighbours on a side to which the cell reaches farther than the shape are left out.
  const bool few = steps < 2;
  const bool south = few || !(cell.south() < bounds.south);
  const bool north = few || !(cell.north() > bounds.north);
  const bool west = few || !(cell.west() < bounds.west);
  const bool east = few || !(cell.east() > bounds.east);

  struct Neighbour {
    int east;
    int north;
  };
  constexpr std::array<Neighbour, 9> kOrder{
      {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}};
  Ranges ranges;
  std::optional<GeoCell> last;
  for (const auto& [to_east, to_north] : kOrder) {
    if ((to_north > 0 && !north) || (to_north < 0 && !south)) continue;
    if ((to_east > 0 && !east) || (to_east < 0 && !west)) continue;
    // Where the map is only two cells wide, the neighbours on both sides are the same.
    const GeoCell neighbour = cell.beside(to_east, to_north);
    if (neighbour == last) continue;
    ranges.add(neighbour);
    last = neighbour;
  }
  return ranges;
}

}  // namespace tidemark::storage
