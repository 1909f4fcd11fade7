#include "server/command/route.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "server/command/key_finder.hpp"
#include "server/commands/families.hpp"
#include "tests/server/command/random_calls.hpp"

using namespace tidemark;
using namespace tidemark::server;

namespace {

constexpr uint32_t kCores = 4;
constexpr int kCallsOfEach = 400;

std::vector<Bytes> views_of(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

// Where a call has to run for the keys that COMMAND GETKEYS tells.
std::set<CoreId> owners_of(const Router& router, std::span<const Bytes> args,
                           const FoundKeys& keys) {
  std::set<CoreId> owners;
  for (const FoundKey& key : keys.all()) {
    if (key.access != Access::channel) owners.insert(router.owner(args[key.position]));
  }
  return owners;
}

bool is_for_all(const Router& router, const Command& command, std::span<const Bytes> args) {
  return command.scope == Scope::all_cores ||
         (command.scope == Scope::script && router.scripts_use_any_key()) ||
         (command.reaches_beyond != nullptr && command.reaches_beyond(args));
}

// Compares the route of one call with its keys.
void check_route(const Router& router, const CommandEntry& entry, std::span<const Bytes> args,
                 CoreId home) {
  const Command& command = *entry.command;
  const Destination to = route(router, entry, args, home);
  const std::vector<CoreId> every = router.every_core();
  if (is_for_all(router, command, args)) {
    CHECK(to.way == Way::together);
    CHECK(to.cores == every);
    return;
  }
  // Where it has keys it asks their owners itself, as WATCH does.
  if (command.scope == Scope::home) {
    CHECK(to.way == Way::here);
    return;
  }
  FoundKeys keys;
  // What the keys of are not known fails before it touches any.
  if (!find_keys(command, args, keys)) {
    CHECK(to.way == Way::here);
    return;
  }
  const std::set<CoreId> owners = owners_of(router, args, keys);
  const bool is_split = command.merge != Merge::none;
  if (owners.size() > 1 || (owners.empty() && is_split)) {
    CHECK(to.way == (is_split ? Way::split : Way::together));
    CHECK(to.cores == (owners.empty() ? every : std::vector<CoreId>(owners.begin(), owners.end())));
  } else if (owners.size() == 1 && *owners.begin() != home) {
    CHECK(to.way == Way::one_core);
    CHECK(to.core == *owners.begin());
  } else if (command.owner == nullptr) {
    CHECK(to.way == Way::here);
  }
  // What tells its owner by other means has no key to be at hand.
  if (command.owner != nullptr) CHECK(keys.empty());
}

}  // namespace

TEST_CASE("a call goes to the owners of the keys that it names, and to no other core") {
  const CommandTable table(command_families());
  Router router(kCores);
  const uint32_t seed = std::random_device()();
  CAPTURE(seed);
  RandomCalls calls(seed);
  for (const CommandEntry& entry : table.all()) {
    if (!entry.subcommands.empty()) continue;
    for (int i = 0; i < kCallsOfEach; ++i) {
      const std::vector<std::string> words = calls.call_of(entry);
      std::string line;
      for (const std::string& word : words) line += word + " ";
      CAPTURE(line);
      router.set_scripts_use_any_key(calls.below(2) == 0);
      check_route(router, entry, views_of(words),
                  CoreId(static_cast<uint16_t>(calls.below(kCores))));
    }
  }
}

TEST_CASE("with one core every call runs there") {
  const CommandTable table(command_families());
  RandomCalls calls(std::random_device{}());
  for (const CommandEntry& entry : table.all()) {
    if (!entry.subcommands.empty() || entry.command->scope == Scope::all_cores) continue;
    const std::vector<std::string> words = calls.call_of(entry);
    CHECK(route(Router(1), entry, views_of(words), CoreId(0)).way == Way::here);
  }
}
