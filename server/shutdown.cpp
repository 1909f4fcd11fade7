#include "server/shutdown.hpp"

#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "server/core/cycle_clock.hpp"
#include "server/core/pause.hpp"
#include "server/core/work_message.hpp"
#include "server/log/log.hpp"
#include "server/server.hpp"
#include "server/snapshot/save.hpp"
#include "server/startup.hpp"

namespace tidemark::server {

namespace {

using OnFailure = ShutdownOrder::OnFailure;
using Save = ShutdownOrder::Save;

constexpr const char* kCannotShutDown =
    "Errors trying to shut down the server. Check the logs for more information.";

// As in Redis, a server that cannot save what it has goes on, unless it is told `force`.
ShutdownOrder order_of(int signal, const Settings& settings) {
  const ShutdownOptions& how =
      signal == SIGINT ? settings.shutdown_on_sigint : settings.shutdown_on_sigterm;
  return {.on_failure = how.force ? OnFailure::stop : OnFailure::go_on,
          .save = how.save     ? Save::yes
                  : how.nosave ? Save::no
                               : Save::if_configured,
          .patience_us = how.now ? 0 : settings.shutdown_timeout * 1'000'000};
}

}  // namespace

bool Shutdown::request(ShutdownOrder order) {
  Stage none = Stage::none;
  if (!stage_.compare_exchange_strong(none, Stage::draining)) return false;
  order_ = std::move(order);
  drain_until_us_ = wall_clock_us() + order_.patience_us;
  commit_failed_ = false;
  cores_draining_ = static_cast<int>(server_.core_count());
  log::warning("User requested shutdown...");
  announce_end(server_.settings());
  // From one point of the order on nothing is written: what the last commits do not hold was not
  // acknowledged either.
  server_.exclusives().run(server_.router().every_core(), [this](OnCore&) {
    stop_writes(server_);
    for (uint32_t i = 0; i < server_.core_count(); ++i) {
      server_.core(CoreId(static_cast<uint16_t>(i)))
          .post(std::make_unique<WorkMessage>([this](OnCore& here) { drain(here); }));
    }
  });
  return true;
}

bool Shutdown::abort() {
  if (held_signal_.exchange(0) != 0) {
    log::warning("Shutdown manually aborted.");
    return true;
  }
  Stage draining = Stage::draining;
  return stage_.compare_exchange_strong(draining, Stage::aborted);
}

void Shutdown::on_signal(int signal) {
  if (signal == SIGINT && (under_way() || held_signal_ != 0)) {
    // The last commits may be waiting for a store that does not answer.
    log::warning("You insist... exiting now.");
    std::_Exit(1);
  }
  log::warning(signal == SIGINT ? "Received SIGINT scheduling shutdown..."
                                : "Received SIGTERM scheduling shutdown...");
  // In Redis it is cron that looks for signals.
  if (server_.debug().cron_paused) {
    held_signal_ = signal;
  } else {
    request(order_of(signal, server_.settings()));
  }
}

void Shutdown::take_held_signal() {
  if (const int signal = held_signal_.exchange(0); signal != 0) {
    request(order_of(signal, server_.settings()));
  }
}

void Shutdown::drain_again(OnCore& here) {
  if (here.data().drain_again) drain(here);
}

// Commits what is dirty; the last core to be done goes on to the end.
void Shutdown::drain(OnCore& here) {
  CoreData& data = here.data();
  const auto done = [this, &data](size_t, const storage::StoreStatus& status) {
    if (!status) {
      data.drain_again = may_drain_again(wall_clock_us());
      if (data.drain_again) return;
      log::warning(fmt::format("Read states that the store has not: {}", status.reason));
      commit_failed_ = true;
    }
    if (cores_draining_.fetch_sub(1) == 1) end_drain();
  };
  data.drain_again = false;
  if (data.write_behind == nullptr) return done(0, {});
  data.write_behind->commit_all_now(here.now_us(), done);
}

bool Shutdown::may_drain_again(int64_t now_us) const {
  return stage_ == Stage::draining && now_us < drain_until_us_;
}

void Shutdown::end_drain() {
  if (commit_failed_ && order_.on_failure == OnFailure::go_on) return refuse(kCannotShutDown);
  Stage draining = Stage::draining;
  if (!stage_.compare_exchange_strong(draining, Stage::stopping)) {
    return refuse("Shutdown manually aborted.");
  }
  exit_code_ = commit_failed_ ? 1 : 0;
  server_.exclusives().run(server_.router().every_core(), [this](OnCore& here) { end_now(here); });
}

void Shutdown::end_now(const OnCore& here) {
  if (!save_before_end(here)) {
    if (order_.on_failure == OnFailure::go_on) return refuse(kCannotShutDown);
    exit_code_ = 1;
  }
  all_leave();
}

// False where a snapshot was to be saved and is not.
bool Shutdown::save_before_end(const OnCore& here) {
  const Settings& settings = server_.settings();
  const bool configured = !settings.save.empty() && !settings.dir.empty();
  const bool wanted =
      order_.save == Save::yes || (order_.save == Save::if_configured && configured);
  // Half of the data would take the place of the whole.
  if (!wanted || server_.loading()) return true;
  server_.background_save().abandon(here);
  server_.background_save().await_file();
  log::notice("Saving the final RDB snapshot before exiting.");
  return save_snapshot(here);
}

// At one point of the order. Commands that stop several of them are run before it or not at all: no
// core is left waiting for one that has gone.
void Shutdown::all_leave() {
  for (uint32_t i = 0; i < server_.core_count(); ++i) {
    server_.core(CoreId(static_cast<uint16_t>(i))).leave();
  }
}

void Shutdown::refuse(const char* why) {
  log::warning(why);
  const CoreId home = order_.home;
  auto refused = std::exchange(order_.refused, nullptr);
  go_on();
  stage_ = Stage::none;
  if (refused) server_.core(home).post(std::make_unique<WorkMessage>(std::move(refused)));
}

void Shutdown::leave_in_trouble(int code) {
  server_.exclusives().run(server_.router().every_core(), [this, code](OnCore&) {
    exit_code_ = code;
    all_leave();
  });
}

// Those who waited to write may do so after all.
void Shutdown::go_on() {
  server_.exclusives().run(server_.router().every_core(),
                           [this](OnCore&) { allow_writes(server_); });
}

}  // namespace tidemark::server
