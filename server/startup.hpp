#pragma once

#include "server/config/load.hpp"

namespace tidemark::server {

class Server;

// What the process does around the server: before it is made, and when it is ready.

// Daemonizes, changes the directory, opens the log, raises the limit of open files, writes the pid
// file: as the configuration says. Throws std::runtime_error with a sentence for the operator.
void prepare_process(LoadedConfig& config);

// Logs that the server is ready, and tells a supervisor who asked for it.
void announce(const Server& server);

}  // namespace tidemark::server
