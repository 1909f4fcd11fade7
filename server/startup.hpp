#pragma once

#include "server/config/load.hpp"

namespace tidemark::server {

class Server;

// What the process does around the server: before it is made, and when it is ready.

// Daemonizes, changes the directory, opens the log, raises the limit of open files: as the
// configuration says. Throws std::runtime_error with a sentence for the operator.
void prepare_process(LoadedConfig& config);

// Logs that the server is ready, writes the pid file, and tells a supervisor who asked for it. Not
// before the store is open and the ports are taken: a second server that fails for these leaves the
// pid file of the first alone.
void announce(const Server& server);

// Tells a supervisor that the server is about to end. Any thread.
void announce_end(const Settings& settings);

// Removes the pid file, when the server has stopped and is still there.
void tidy_up(const Settings& settings);

}  // namespace tidemark::server
