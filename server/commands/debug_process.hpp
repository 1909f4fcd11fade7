#pragma once

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"

namespace tidemark::server {

// The subcommands of DEBUG that are about the process: crashing it, and looking into the allocator
// and the configuration.
Reply debug_segfault(Context& ctx, ArgReader& args);
Reply debug_panic(Context& ctx, ArgReader& args);
Reply debug_assert(Context& ctx, ArgReader& args);
Reply debug_oom(Context& ctx, ArgReader& args);
Reply debug_mallctl(Context& ctx, ArgReader& args);
Reply debug_mallctl_text(Context& ctx, ArgReader& args);
Reply debug_rewrite_config(Context& ctx, ArgReader& args);
Reply debug_client_eviction(Context& ctx, ArgReader& args);

}  // namespace tidemark::server
