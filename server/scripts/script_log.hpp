#pragma once

#include "server/script/host.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// redis.log(): a line in the server's log.
void log_of_script(script::LogLevel level, Bytes text);

}  // namespace tidemark::server
