#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/command/command.hpp"
#include "server/command/context.hpp"
#include "server/core/running_scripts.hpp"
#include "server/script/host.hpp"
#include "server/script/shebang.hpp"

namespace tidemark::server {

class BusyCores;
struct CommandEntry;

// A script or a function while it runs: what it calls is admitted and run here, as a part of the
// command that runs it. Of that, all cores are at hand whose data the script may touch.
class ScriptRun final : public script::Host, public Caller {
 public:
  struct What {
    RunningScripts::Kind kind = RunningScripts::Kind::script;
    Bytes name;                      // its SHA1, or the function's name
    std::span<const Bytes> command;  // that runs it
    script::ScriptFlag flags = script::ScriptFlag::unsaid;
    bool by_read_only_command = false;  // EVAL_RO and the like
    std::span<const Bytes> keys;        // that it declares
    bool may_run_again = false;         // from its beginning, where a user is missing
  };
  ScriptRun(Context& ctx, const What& what);
  ~ScriptRun() override;

  // What is said against running it at all, by what it says of itself.
  std::optional<Reply> refusal() const;

  // The user who is missing, where the script ended for that (script_users.hpp).
  const std::string& missing_user() const { return missing_user_; }

  // ---- For the script.
  bool call(std::span<const Bytes> args, protocol::RespVersion resp,
            protocol::Output& reply) override;
  std::optional<bool> may_call(std::span<const Bytes> args) override;
  void log(script::LogLevel level, Bytes text) override;
  std::optional<Bytes> reason_to_stop() override;

  // ---- For the commands that it calls, none of which waits.
  const Session& session() const override { return session_; }
  void select(DbIndex db) override { session_.db = db; }
  void resume(OnCore& here, Reply reply) override;
  void retry(OnCore& here) override;
  void await(const OnCore& here, std::shared_ptr<KeyWait> wait) override;

 private:
  // Where a command runs, and which cores it has.
  struct Place {
    CoreId core;
    Reach reach;
  };

  bool is_read_only() const;
  void remember_keys() const;
  bool answer_refusal(const CommandEntry* entry, const Reply& refusal,
                      protocol::Output& reply) const;
  std::optional<Reply> refuse(const CommandEntry* entry, std::span<const Bytes> args) const;
  std::optional<Reply> refuse_kind(const Command& command) const;
  std::optional<Reply> refuse_write(Flag flags) const;
  std::optional<Reply> refuse_state(const Command& command) const;
  std::optional<Reply> refuse_reach(const Command& command, std::span<const Bytes> args) const;
  std::optional<Reply> find_place(const CommandEntry& entry, std::span<const Bytes> args,
                                  Place& place) const;
  bool has_all_cores() const;
  bool is_declared(Bytes key) const;
  enum class User : uint8_t { here, missing, out_of_reach };
  User find_user(const CommandEntry& entry, std::span<const Bytes> args);
  void show(const CommandEntry& entry, std::span<const Bytes> args) const;
  bool is_overdue() const;
  void become_busy();

  Context& ctx_;
  const What what_;
  Session session_;
  std::vector<CoreId> every_core_;
  bool out_of_memory_ = false;  // when it began
  bool wrote_ = false;
  std::string missing_user_;

  // Where it takes long.
  const uint64_t start_;
  std::unique_ptr<BusyCores> busy_;
  RunningScripts::Script running_;
};

}  // namespace tidemark::server
