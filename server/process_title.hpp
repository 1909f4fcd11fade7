#pragma once

#include <cstdint>

#include "server/config/settings.hpp"

namespace tidemark::server {

// What the process list shows of this process: proc-title-template instead of the command line.
//
// The kernel shows the memory in which the arguments lie. There is no call to change what it says,
// so this overwrites it, and the environment right behind it, which is copied away first.

// Finds that memory. In main(), before there is another thread or anything points into it.
void keep_title_room(int argc, char** argv);

// Any one thread. Without room nothing happens.
void set_process_title(const Settings& settings, uint16_t port, std::string_view config_file);

}  // namespace tidemark::server
