#pragma once

#include <cstdint>
#include <string>

namespace tidemark::server {

class Client;

// One line about a client without its end, as CLIENT LIST, CLIENT INFO and the log have it. On the
// client's core, or while that is stopped.
std::string describe(const Client& client, int64_t now_ms);

}  // namespace tidemark::server
