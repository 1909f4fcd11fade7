#pragma once

#include <doctest/doctest.h>

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

// What `ask` says where the server's clock is in the same second before and after it: it is asked
// again otherwise, and so has to do anew what it asks about.
template <typename Ask>
std::string within_a_second(Connection& client, Ask&& ask) {
  const auto second = [&client] {
    const std::string time = client.run({"TIME"});
    return time.substr(0, time.find(','));
  };
  for (;;) {
    const std::string before = second();
    const std::string answer = ask();
    if (second() == before) return answer;
  }
}

// Names of keys that lie on all of four cores.
inline std::string name(const std::string& what, int i) { return what + ":" + std::to_string(i); }
inline constexpr int kNames = 12;

inline std::string id_of(Connection& client) { return client.run({"CLIENT", "ID"}); }

}  // namespace tidemark::test
