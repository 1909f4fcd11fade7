// INFO.

#include <algorithm>
#include <string>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/info/sections.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

bool names(Bytes asked, const InfoSection& section) {
  if (equals_nocase(asked, "all") || equals_nocase(asked, "everything")) return true;
  if (equals_nocase(asked, "default")) return section.by_default == ByDefault::yes;
  return equals_nocase(asked, section.name);
}

// Sections come in their own order, whatever order they are asked for in; unknown ones are nothing.
Reply info(Context& ctx, ArgReader& args) {
  constexpr Bytes kDefault = "default";
  const auto given = args.rest();
  const std::span<const Bytes> asked = given.empty() ? std::span(&kDefault, 1) : given;

  const Totals totals = add_up(ctx);
  InfoText text;
  for (const InfoSection& section : info_sections()) {
    const bool wanted =
        std::any_of(asked.begin(), asked.end(), [&](Bytes name) { return names(name, section); });
    if (!wanted) continue;
    text.begin_section(section.title);
    section.write({.ctx = ctx, .totals = totals}, text);
  }
  return Reply::verbatim("txt", text.take());
}

constexpr Command kInfo{
    .name = "info",
    .summary = "Tells what the server does, has and is.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = at_least(1),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::dangerous,
    .syntax = "[section...]",
    .tips = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
    .scope = Scope::all_cores,
    .run = info,
};

constexpr Command kCommands[] = {kInfo};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> info_commands() { return kCommands; }

}  // namespace tidemark::server
