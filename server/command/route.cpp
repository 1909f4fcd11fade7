#include "server/command/route.hpp"

#include <algorithm>

#include "server/command/command_table.hpp"
#include "server/command/key_finder.hpp"

namespace tidemark::server {

namespace {

Destination to_core(CoreId core, CoreId home) {
  return core == home ? Destination{}
                      : Destination{.way = Way::one_core, .core = core, .cores = {}};
}

// Where a command's several keys lie.
Destination to_owners(const Router& router, const Command& command, std::span<const Bytes> args,
                      CoreId home) {
  FoundKeys keys;
  if (!find_keys(command, args, keys)) return {};
  if (keys.empty()) {
    // A command that is split over the owners of its keys means every user where it names none.
    if (command.merge == Merge::none) return {};
    return {.way = Way::split, .core = {}, .cores = router.every_core()};
  }
  std::vector<bool> involved(router.cores(), false);
  CoreId first;
  uint32_t count = 0;
  for (const FoundKey& key : keys.all()) {
    if (key.access == Access::channel) continue;
    const CoreId owner = router.owner(args[key.position]);
    if (involved[owner.value()]) continue;
    involved[owner.value()] = true;
    if (count++ == 0) first = owner;
  }
  if (count == 0) return {};
  if (count == 1) return to_core(first, home);
  Destination destination{
      .way = command.merge == Merge::none ? Way::together : Way::split, .core = {}, .cores = {}};
  for (uint32_t i = 0; i < router.cores(); ++i) {
    if (involved[i]) destination.cores.emplace_back(static_cast<uint16_t>(i));
  }
  return destination;
}

}  // namespace

Destination route(const Router& router, const CommandEntry& entry, std::span<const Bytes> args,
                  CoreId home) {
  const Command& command = *entry.command;
  if (command.scope == Scope::home) return {};
  if (command.scope == Scope::all_cores) {
    // Also with one core: such a command wants to be told which cores it has.
    return {.way = Way::together, .core = {}, .cores = router.every_core()};
  }
  if (router.cores() == 1) return {};
  if (command.scope == Scope::script && router.scripts_use_any_key()) {
    return {.way = Way::together, .core = {}, .cores = router.every_core()};
  }
  if (command.reaches_beyond != nullptr && command.reaches_beyond(args)) {
    return {.way = Way::together, .core = {}, .cores = router.every_core()};
  }
  if (command.owner != nullptr) {
    return to_core(CoreId(static_cast<uint16_t>(command.owner(args, router.cores()))), home);
  }
  // Its own finder, if it has one, can only tell more of what is done to the one key.
  if (command.keys.single()) {
    const auto position = static_cast<size_t>(command.keys.single_position());
    return position < args.size() ? to_core(router.owner(args[position]), home) : Destination{};
  }
  return to_owners(router, command, args, home);
}

}  // namespace tidemark::server
