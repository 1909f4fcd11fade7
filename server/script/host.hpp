#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server::script {

// The levels of redis.log().
enum class LogLevel : uint8_t { debug = 0, verbose = 1, notice = 2, warning = 3 };

// What a running script asks of the server around it. One for each run; on the thread that runs
// the script.
class Host {
 public:
  Host() = default;
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // redis.call(): runs a command, or refuses it, and appends its reply, which may be an error, as
  // `resp` has it. False where the script has to end at once: reason_to_stop() says why. REQUIRES:
  // `args` is not empty.
  virtual bool call(std::span<const Bytes> args, protocol::RespVersion resp,
                    protocol::Output& reply) = 0;
  // redis.acl_check_cmd(): nothing where there is no such command.
  virtual std::optional<bool> may_call(std::span<const Bytes> args) = 0;
  virtual void log(LogLevel level, Bytes text) = 0;
  // Asked from time to time. What it returns ends the script: the text of its error.
  virtual std::optional<Bytes> reason_to_stop() = 0;
};

}  // namespace tidemark::server::script
