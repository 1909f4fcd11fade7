#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "server/core/arrivals.hpp"
#include "server/core/core_data.hpp"
#include "server/core/mailbox.hpp"
#include "server/core/message.hpp"
#include "server/net/loop.hpp"
#include "server/net/timer.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class Core;
class Server;

// Evidence that the caller is on a core's own thread. Only Core makes one, for one callback. It
// cannot be copied: types stop the accident, review and TSan the stored reference.
class OnCore {
 public:
  OnCore(const OnCore&) = delete;
  OnCore& operator=(const OnCore&) = delete;

  CoreId id() const;
  Server& server() const;
  Loop& loop() const;
  CoreData& data() const;
  // As if on another core, whose thread waits for the exclusive work that runs here: its data are
  // at hand, what it sends leaves with its next round, and its loop is not to be touched.
  OnCore at(CoreId stopped) const;
  // Sends a message with the others of this round of the loop.
  void post(CoreId to, std::unique_ptr<Message> message) const;
  // At the end of this round, when no callback of the client's is on the stack.
  void remove_client_later(uint64_t client_id) const;
  void flush_client_later(uint64_t client_id) const;
  // Time of day, as of the start of this callback.
  int64_t now_us() const { return now_us_; }
  int64_t now_ms() const { return now_us_ / 1000; }

 private:
  friend class Core;
  OnCore(Core& core, int64_t now_us) : core_(core), now_us_(now_us) {}
  Core& core_;
  int64_t now_us_;
};

// One thread, its loop, and the data that it alone touches.
//
// A round of the loop: events (bytes of clients), then what the mailbox brought, then the messages
// for other cores leave in one chain each, then the wait.
class Core {
 public:
  Core(CoreId id, Server& server, const CoreOptions& options);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // ---- Any thread.
  CoreId id() const { return id_; }
  void post(std::unique_ptr<Message> message);
  // Connections that it has or is about to get: how an acceptor picks a core.
  std::atomic<uint32_t>& load() { return load_; }
  Arrivals& arrivals() { return arrivals_; }

  // ---- The core's own thread.
  // Until leave() was called.
  void run();
  Loop& loop() { return loop_; }
  // A callback of libuv's becomes one on the core.
  template <typename Work>
  void enter(Work&& work) {
    mailbox_.wake();
    OnCore here(*this, refresh_clock());
    work(here);
  }

  // ---- The core's own thread, or any core's while Exclusives hold this one.
  CoreData& data() { return data_; }
  // While a script that takes long lets others in (scripts/busy.hpp): time stands still for its
  // data, and nobody who waits for keys is served.
  void set_in_script(bool in_script) { in_script_ = in_script; }
  bool in_script() const { return in_script_; }
  // The core's loop ends before it takes another message. Only for all cores at one point of the
  // order: whoever went on would wait in vain for those who left.
  void leave() { leaving_ = true; }

 private:
  friend class OnCore;
  int64_t refresh_clock();
  void shed();
  bool work_off();
  Loop::Hooks::Wait before_wait();
  void after_wait();
  void drain();
  void flush();
  void end_loop();

  const CoreId id_;
  Server& server_;
  Loop loop_;
  Mailbox mailbox_;
  Arrivals arrivals_;
  std::atomic<uint32_t> load_ = 0;
  int64_t now_us_ = 0;                  // as of the last callback
  std::vector<MessageChain> outboxes_;  // one for each core
  bool outboxes_filled_ = false;
  bool shedding_ = false;  // more has expired at once than is removed at once
  bool leaving_ = false;
  bool in_script_ = false;
  std::vector<uint64_t> clients_to_remove_;
  std::vector<uint64_t> clients_to_flush_;
  CoreData data_;
  std::unique_ptr<Timer> cron_;
};

inline CoreId OnCore::id() const { return core_.id_; }
inline Server& OnCore::server() const { return core_.server_; }
inline Loop& OnCore::loop() const { return core_.loop_; }
inline CoreData& OnCore::data() const { return core_.data_; }

}  // namespace tidemark::server
