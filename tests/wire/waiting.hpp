#pragma once

#include <string>
#include <thread>

#include "tests/wire/connection.hpp"

namespace tidemark::test {

// Waits until INFO says so: "blocked_clients:3".
inline void wait_for_info(Connection& asker, const std::string& line) {
  while (asker.run({"INFO", "clients"}).find(line + "\r\n") == std::string::npos) {
    std::this_thread::yield();
  }
}

inline void wait_for_blocked(Connection& asker, int clients) {
  wait_for_info(asker, "blocked_clients:" + std::to_string(clients));
}

}  // namespace tidemark::test
