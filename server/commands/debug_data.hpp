#pragma once

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"

namespace tidemark::server {

// The subcommands of DEBUG that look at data or make some. All cores are stopped meanwhile.
Reply debug_digest(Context& ctx, ArgReader& args);
Reply debug_digest_value(Context& ctx, ArgReader& args);
Reply debug_object(Context& ctx, ArgReader& args);
Reply debug_populate(Context& ctx, ArgReader& args);
Reply debug_htstats(Context& ctx, ArgReader& args);
// All of it goes to a snapshot and comes back.
Reply debug_reload(Context& ctx, ArgReader& args);

}  // namespace tidemark::server
