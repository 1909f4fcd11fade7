#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "server/core/core.hpp"

namespace tidemark::server {

class Server;

// How to end.
struct ShutdownOrder {
  // What to do where the store refuses the last commits of read states, or the snapshot fails.
  enum class OnFailure : uint8_t { stop, go_on };
  OnFailure on_failure = OnFailure::stop;
  // Whether to leave a snapshot behind: where `save` has points, or for certain.
  enum class Save : uint8_t { if_configured, yes, no };
  Save save = Save::if_configured;
  // How long to go on trying until the store takes them.
  int64_t patience_us = 0;
  // Called on `home` where the server goes on after all.
  CoreId home;
  std::function<void(OnCore& here)> refused;
};

// The way from the wish to end to the end: writes stop, each core commits what is dirty, a snapshot
// is saved, and all cores leave at one point of the order. Until then the server may go on, because
// it is told to or because something cannot be kept.
class Shutdown {
 public:
  explicit Shutdown(Server& server) : server_(server) {}

  // ---- Any thread.
  // False where it is under way.
  bool request(ShutdownOrder order = {});
  // The server goes on. False where no shutdown is under way, or it cannot be stopped any more.
  bool abort();
  bool under_way() const { return stage_ != Stage::none; }
  // Ends without a look back: what there is was not loaded or cannot be kept.
  void leave_in_trouble(int code);

  // ---- Core 0's thread.
  // SIGTERM or SIGINT; a second SIGINT ends the process at once.
  void on_signal(int signal);
  // Cron's: a signal that came while cron was paused.
  void take_held_signal();
  // When all cores have left.
  int exit_code() const { return exit_code_; }

  // Cron's, on every core: tries again what the store refused.
  void drain_again(OnCore& here);

 private:
  enum class Stage : uint8_t { none, draining, aborted, stopping };

  void drain(OnCore& here);
  bool may_drain_again(int64_t now_us) const;
  void end_drain();
  void end_now(const OnCore& here);
  bool save_before_end(const OnCore& here);
  void all_leave();
  void refuse(const char* why);
  void go_on();

  Server& server_;
  std::atomic<Stage> stage_ = Stage::none;
  ShutdownOrder order_;  // written before a drain starts, read by the core that ends it
  int64_t drain_until_us_ = 0;
  std::atomic<int> cores_draining_ = 0;
  std::atomic<bool> commit_failed_ = false;
  std::atomic<int> held_signal_ = 0;
  int exit_code_ = 0;
};

}  // namespace tidemark::server
