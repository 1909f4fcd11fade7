#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "storage/value/geo_shape.hpp"
#include "storage/value/geohash.hpp"
#include "tests/storage/value/seed.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr GeoPoint kPalermo{.longitude = 13.361389, .latitude = 38.115556};
constexpr GeoPoint kCatania{.longitude = 15.087269, .latitude = 37.502669};

std::string text_of(const GeoPoint& point) {
  const auto text = geohash_text(point);
  return {text.data(), text.size()};
}

}  // namespace

TEST_CASE("scores, places and texts are those that redis-server answers") {
  CHECK(geo_score(kPalermo) == 3479099956230698);
  CHECK(geo_score(kCatania) == 3479447370796909);
  CHECK(geo_point(3479099956230698).longitude == 13.36138933897018433);
  CHECK(geo_point(3479099956230698).latitude == 38.11555639549629859);
  CHECK(text_of(geo_point(3479099956230698)) == "sqc8b49rny0");
  CHECK(text_of({.longitude = -180, .latitude = -90}) == "00000000000");
  CHECK(std::abs(geo_distance(geo_point(geo_score(kPalermo)), geo_point(geo_score(kCatania))) -
                 166274.1516) < 0.0001);
}

TEST_CASE("the edges of the map are on it, and nothing beyond") {
  CHECK(is_on_map({.longitude = 180, .latitude = 85.05112878}));
  CHECK(is_on_map({.longitude = -180, .latitude = -85.05112878}));
  CHECK(!is_on_map({.longitude = 180.0001, .latitude = 0}));
  CHECK(!is_on_map({.longitude = 0, .latitude = -85.0512}));
  // The north-eastern corner has an index of its own, and comes back as it went in.
  const GeoPoint corner = geo_point(geo_score({.longitude = 180, .latitude = 85.05112878}));
  CHECK(corner.longitude == 180);
  CHECK(corner.latitude == 85.05112878);
}

TEST_CASE("what a score says of a place is half a cell off at most") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> longitude(-180, 180);
  std::uniform_real_distribution<double> latitude(-85, 85);
  constexpr double kHalf = 1.0 / (1 << 26);
  for (int i = 0; i < 10000; ++i) {
    const GeoPoint point{.longitude = longitude(random), .latitude = latitude(random)};
    const GeoPoint read = geo_point(geo_score(point));
    REQUIRE(std::abs(read.longitude - point.longitude) <= 180 * kHalf);
    REQUIRE(std::abs(read.latitude - point.latitude) <= 85.06 * kHalf);
    REQUIRE(geo_score(read) == geo_score(point));
  }
}

TEST_CASE("a cell's neighbours go round the map") {
  const GeoCell west = GeoCell::around({.longitude = -180, .latitude = 0}, 4);
  CHECK(west.longitude == 0);
  CHECK(west.beside(-1, 0).longitude == 15);
  CHECK(west.beside(-1, 0).beside(1, 0) == west);
  CHECK(west.beside(0, 1).latitude == west.latitude + 1);
  CHECK(west.beside(0, 1).south() == west.north());
}

TEST_CASE("what lies within a shape lies in its ranges, and no range is looked at twice") {
  const uint64_t seed = seed_of_this_run();
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> part(0, 1);
  for (int i = 0; i < 3000; ++i) {
    // Away from the edges of the map, across which nothing is looked for.
    const GeoPoint center{.longitude = part(random) * 200 - 100,
                          .latitude = part(random) * 100 - 50};
    const double size_m = std::pow(10, 1 + 5 * part(random));
    const bool circle = i % 2 == 0;
    const GeoShape shape = circle
                               ? GeoShape::circle(center, size_m)
                               : GeoShape::box(center, size_m, size_m * (0.1 + 2 * part(random)));
    const GeoShape::Ranges ranges = shape.ranges();
    for (size_t a = 0; a < ranges.all().size(); ++a) {
      for (size_t b = 0; b < a; ++b) {
        REQUIRE(ranges.all()[a].low.score != ranges.all()[b].low.score);
      }
    }
    const double reach = size_m / 111000 / std::cos(to_radians(std::abs(center.latitude) + 10));
    for (int j = 0; j < 30; ++j) {
      const GeoPoint wanted{.longitude = center.longitude + (2 * part(random) - 1) * reach,
                            .latitude = center.latitude + (2 * part(random) - 1) * reach};
      const double score = geo_score(wanted);
      const GeoPoint point = geo_point(score);
      const auto distance = shape.distance_within(point);
      if (!distance) continue;
      if (circle) REQUIRE(*distance <= size_m);
      REQUIRE(std::any_of(ranges.all().begin(), ranges.all().end(), [&](const auto& range) {
        return range.low.score <= score && score < range.high.score;
      }));
    }
  }
}
