#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "storage/value/geohash.hpp"
#include "storage/value/score_bound.hpp"

namespace tidemark::storage {

// A part of the map that is searched: a circle, or a rectangle along the meridians.
class GeoShape {
 public:
  static GeoShape circle(const GeoPoint& center, double radius_m);
  static GeoShape box(const GeoPoint& center, double width_m, double height_m);

  // The distance of the point from the center, where it lies within.
  std::optional<double> distance_within(const GeoPoint& point) const;

  // Ranges of scores that hold all points within, and some more: the cell around the center and its
  // eight neighbours, of a size that makes them cover the shape. In the order in which Redis looks
  // at them, which is the order of results that are not sorted.
  class Ranges {
   public:
    struct Range {
      ScoreBound low;
      ScoreBound high;
    };
    std::span<const Range> all() const { return {ranges_.data(), count_}; }

   private:
    friend class GeoShape;
    void add(const GeoCell& cell);
    std::array<Range, 9> ranges_;
    size_t count_ = 0;
  };
  Ranges ranges() const;

 private:
  GeoShape() = default;

  // What the shape touches at most.
  struct Bounds {
    double west;
    double south;
    double east;
    double north;
  };
  Bounds bounds() const;
  unsigned steps() const;

  GeoPoint center_;
  bool is_circle_ = true;
  double radius_m_ = 0;  // of a circle, or of the one around a box
  double width_m_ = 0;   // of a box, or the radius of a circle
  double height_m_ = 0;
};

}  // namespace tidemark::storage
