#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

namespace tidemark::test {

// What a rule of read states must not depend on.
struct ReadStateSetup {
  enum class Users : uint8_t { resident, evicted_before_each };

  int cores = 1;
  std::string store = "none";
  Users users = Users::resident;

  std::string name() const;
};

// Without a store, with one, and with one and users who have to be loaded for every command.
const std::vector<ReadStateSetup>& read_state_setups();

// A server and a client of it. Commands are given as in a terminal, without READSTATE:
// run("ACK u 1 5"); arguments with blanks or nothing in them as a list.
class ReadStateClient {
 public:
  explicit ReadStateClient(const ReadStateSetup& setup, const std::string& config = "");

  std::string run(const std::string& line);
  std::string run_args(std::vector<std::string> command);
  // The same for a reply that is one integer.
  int64_t number(const std::string& line);
  // One field of INFO.
  int64_t info(const std::string& user, const std::string& field);
  // Only where users need not be resident.
  void evict(const std::string& user);

  Connection& connection() { return connection_; }
  TestServer& server() { return server_; }

 private:
  const ReadStateSetup setup_;
  TestServer server_;
  Connection connection_;
};

std::vector<std::string> words(const std::string& line);
// The integer at `index` of a reply such as [version, 5, ...]. Strings count as they look.
std::string element(const std::string& reply, size_t index);
// A request in the protocol's array form.
std::string request(const std::vector<std::string>& args);

}  // namespace tidemark::test
