#include "server/scripts/script_log.hpp"

#include "server/log/log.hpp"

namespace tidemark::server {

namespace {

log::Level level_of(script::LogLevel level) {
  switch (level) {
    case script::LogLevel::debug:
      return log::Level::debug;
    case script::LogLevel::verbose:
      return log::Level::verbose;
    case script::LogLevel::notice:
      return log::Level::notice;
    case script::LogLevel::warning:
      return log::Level::warning;
  }
  return log::Level::notice;
}

}  // namespace

void log_of_script(script::LogLevel level, Bytes text) { log::write(level_of(level), text); }

}  // namespace tidemark::server
