#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/script/interpreter.hpp"

// A sandbox for tests, with a server around it that is told what to answer.
namespace tidemark::test {

class FakeHost final : public server::script::Host {
 public:
  bool call(std::span<const Bytes> args, protocol::RespVersion resp,
            protocol::Output& reply) override;
  std::optional<bool> may_call(std::span<const Bytes> args) override;
  void log(server::script::LogLevel level, Bytes text) override;
  std::optional<Bytes> reason_to_stop() override;

  // What redis.call() answers, on the wire.
  std::string answer = "+OK\r\n";
  // The last command, its words joined by blanks.
  std::string called;
  std::vector<std::string> logged;
  // How often the script is asked whether it may go on before it may not.
  int patience = 1'000'000;
};

class Sandbox {
 public:
  explicit Sandbox(size_t memory_limit = size_t{64} << 20)
      : interpreter_({.memory_limit = memory_limit, .seed = 1}) {}

  // Runs a script, whose name is "sha", and returns its reply as it is on the wire, with blanks for
  // line ends.
  std::string run(const std::string& code, const std::vector<std::string>& keys = {},
                  const std::vector<std::string>& args = {});
  // Makes run() write its replies for RESP3.
  void speak_resp3() { client_ = protocol::RespVersion::v3; }
  FakeHost& host() { return host_; }
  server::script::State& state() { return interpreter_.state(); }

 private:
  server::script::Interpreter interpreter_;
  FakeHost host_;
  protocol::RespVersion client_ = protocol::RespVersion::v2;
};

}  // namespace tidemark::test
