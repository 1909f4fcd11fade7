#pragma once

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"

// The functions of CLIENT's subcommands; client.cpp declares them all, since a container's
// declarations stand in one array.

namespace tidemark::server {

// client_list.cpp: about all clients.
Reply client_list(Context& ctx, ArgReader& args);
Reply client_kill(Context& ctx, ArgReader& args);

// client_pause.cpp
Reply client_pause(Context& ctx, ArgReader& args);
Reply client_unpause(Context& ctx, ArgReader& args);

// client_tracking.cpp
Reply client_caching(Context& ctx, ArgReader& args);
Reply client_getredir(Context& ctx, ArgReader& args);
Reply client_tracking(Context& ctx, ArgReader& args);
Reply client_trackinginfo(Context& ctx, ArgReader& args);

}  // namespace tidemark::server
