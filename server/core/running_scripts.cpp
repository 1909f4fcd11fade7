#include "server/core/running_scripts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tidemark::server {

namespace {

std::string busy_with(RunningScripts::Kind kind) {
  return fmt::format(
      "BUSY Redis is busy running a script. You can only call {} KILL or SHUTDOWN NOSAVE.",
      kind == RunningScripts::Kind::script ? "SCRIPT" : "FUNCTION");
}

constexpr const char* kNotBusy = "NOTBUSY No scripts in execution right now.";
constexpr const char* kUnkillable =
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can "
    "either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE "
    "command.";

}  // namespace

void RunningScripts::add(Script& script) {
  const MutexLock lock(mutex_);
  scripts_.push_back(&script);
  count_.store(scripts_.size(), std::memory_order_relaxed);
}

void RunningScripts::remove(const Script& script) {
  const MutexLock lock(mutex_);
  scripts_.erase(std::find(scripts_.begin(), scripts_.end(), &script));
  count_.store(scripts_.size(), std::memory_order_relaxed);
}

std::string RunningScripts::refusal() {
  const MutexLock lock(mutex_);
  return busy_with(scripts_.empty() ? Kind::script : scripts_.front()->kind);
}

std::optional<std::string> RunningScripts::stop(Kind kind) {
  const MutexLock lock(mutex_);
  if (scripts_.empty()) return kNotBusy;
  std::optional<std::string> refusal;
  bool any = false;
  for (Script* const script : scripts_) {
    if (script->kind != kind) {
      if (!refusal) refusal = busy_with(script->kind);
    } else if (script->wrote) {
      refusal = kUnkillable;
    } else {
      script->stop = true;
      any = true;
    }
  }
  return any ? std::nullopt : refusal;
}

void RunningScripts::stop_all() {
  const MutexLock lock(mutex_);
  for (Script* const script : scripts_) script->stop = true;
}

std::optional<RunningScripts::Facts> RunningScripts::longest() {
  const MutexLock lock(mutex_);
  if (scripts_.empty()) return std::nullopt;
  const Script& script = *scripts_.front();
  return Facts{.name = script.name, .command = script.command, .start = script.start};
}

}  // namespace tidemark::server
