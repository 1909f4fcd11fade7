#include "tests/server/script/sandbox.hpp"

#include "server/script/shebang.hpp"

namespace tidemark::test {

bool FakeHost::call(std::span<const Bytes> args, protocol::RespVersion, protocol::Output& reply) {
  called.clear();
  for (const Bytes arg : args) called += (called.empty() ? "" : " ") + std::string(arg);
  reply.append(answer);
  return true;
}

std::optional<bool> FakeHost::may_call(std::span<const Bytes> args) {
  if (args.front() == "nosuch") return std::nullopt;
  return args.front() != "forbidden";
}

void FakeHost::log(server::script::LogLevel level, Bytes text) {
  logged.push_back(std::to_string(static_cast<int>(level)) + " " + std::string(text));
}

std::optional<Bytes> FakeHost::reason_to_stop() {
  if (patience-- > 0) return std::nullopt;
  return "stopped";
}

std::string Sandbox::run(const std::string& code, const std::vector<std::string>& keys,
                         const std::vector<std::string>& args) {
  const auto script = server::script::read_script(code);
  if (auto error = interpreter_.compile("sha", script.code)) return "-" + *error;
  const std::vector<Bytes> key_bytes(keys.begin(), keys.end());
  const std::vector<Bytes> arg_bytes(args.begin(), args.end());
  protocol::Output reply;
  interpreter_.run(
      "sha",
      {.keys = key_bytes, .args = arg_bytes, .client = client_, .reply_bytes_max = size_t{1} << 20},
      host_, reply);
  std::string line;
  for (const char c : reply.view()) {
    if (c == '\r') continue;
    line += c == '\n' ? ' ' : c;
  }
  if (!line.empty()) line.pop_back();
  return line;
}

}  // namespace tidemark::test
