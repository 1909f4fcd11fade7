#include "server/command/router.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using tidemark::CoreId;
using tidemark::SlotId;
using tidemark::server::Router;

// The slots are those that CLUSTER KEYSLOT of redis-server 7.0.15 gives.
TEST_CASE("a key's slot is Redis Cluster's, hash tags included") {
  const std::map<std::string, int> slots{
      {"", 0},
      {"foo", 12182},
      {"123456789", 12739},
      {"{foo}", 12182},
      {"a{foo}b", 12182},
      {"{}foo", 9500},
      {"foo{}{bar}", 8363},
      {"foo{{bar}}zap", 4015},
      {"foo{bar}{zap}", 5061},
  };
  for (const auto& expected : slots) {
    CAPTURE(expected.first);
    CHECK(Router::slot_of(expected.first).value() == expected.second);
  }
}

TEST_CASE("every core has one range of slots, of one size but for one slot") {
  for (uint32_t cores = 1; cores <= 64; ++cores) {
    const Router router(cores);
    std::map<uint16_t, int> sizes;
    CoreId before(0);
    for (uint16_t slot = 0; slot < tidemark::kSlotCount; ++slot) {
      const CoreId owner = router.owner(SlotId(slot));
      CHECK(owner >= before);
      before = owner;
      ++sizes[owner.value()];
    }
    CHECK(sizes.size() == cores);
    for (const auto& [core, size] : sizes) {
      CHECK(size >= static_cast<int>(tidemark::kSlotCount / cores));
      CHECK(size <= static_cast<int>(tidemark::kSlotCount / cores) + 1);
    }
  }
}
