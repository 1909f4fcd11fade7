#include "tests/wire/read_state_client.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace tidemark::test {

std::string ReadStateSetup::name() const {
  return std::to_string(cores) + " cores, store " + store +
         (users == Users::resident ? "" : ", users evicted before each command");
}

const std::vector<ReadStateSetup>& read_state_setups() {
  using Users = ReadStateSetup::Users;
  static const std::vector<ReadStateSetup> setups = {
      {.cores = 1, .store = "none"},
      {.cores = 4, .store = "none"},
      {.cores = 1, .store = "rocksdb"},
      {.cores = 4, .store = "rocksdb", .users = Users::evicted_before_each},
  };
  return setups;
}

ReadStateClient::ReadStateClient(const ReadStateSetup& setup, const std::string& config)
    : setup_(setup),
      server_({.cores = setup.cores, .config = "store " + setup.store + "\n" + config}),
      connection_(server_.port()) {}

std::string ReadStateClient::run(const std::string& line) { return run_args(words(line)); }

std::string ReadStateClient::run_args(std::vector<std::string> command) {
  const bool names_user = command.size() > 1 && command[0] != "FANOUT" && command[0] != "SCAN" &&
                          !command[1].empty() && command[1].size() <= 512;
  if (setup_.users == ReadStateSetup::Users::evicted_before_each && names_user) evict(command[1]);
  command[0] = "READSTATE." + command[0];
  return connection_.run(command);
}

int64_t ReadStateClient::number(const std::string& line) {
  const std::string reply = run(line);
  if (reply.empty() || reply.find_first_not_of("-0123456789") != std::string::npos) {
    throw std::runtime_error(line + ": " + reply);
  }
  return std::stoll(reply);
}

int64_t ReadStateClient::info(const std::string& user, const std::string& field) {
  const std::string reply = connection_.run({"READSTATE.INFO", user});
  const size_t at = reply.find('"' + field + "\", ");
  if (at == std::string::npos) throw std::runtime_error("INFO: " + reply);
  return std::stoll(reply.substr(at + field.size() + 4));
}

void ReadStateClient::evict(const std::string& user) {
  const std::string reply = connection_.run({"READSTATE.EVICT", user});
  if (reply != "0" && reply != "1") throw std::runtime_error("EVICT: " + reply);
}

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> all;
  for (std::string word; stream >> word;) all.push_back(word);
  return all;
}

std::string element(const std::string& reply, size_t index) {
  std::string text = reply;
  std::erase_if(text, [](char c) { return c == '[' || c == ']' || c == ','; });
  return words(text).at(index);
}

std::string request(const std::vector<std::string>& args) {
  std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return bytes;
}

}  // namespace tidemark::test
