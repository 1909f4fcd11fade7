#include "server/client/run.hpp"

#include <utility>

#include "server/client/client.hpp"
#include "server/command/execute.hpp"
#include "server/command/serve.hpp"
#include "server/core/core.hpp"
#include "server/core/exclusive.hpp"
#include "server/scripts/script_flags.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

constexpr size_t kSpareBytesMax = size_t{64} << 10;

}  // namespace

void Run::start(CoreId home, const Session& session, OnBack on_back) {
  home_ = home;
  session_ = session;
  on_back_ = std::move(on_back);
}

size_t Run::add(const CommandEntry* entry, std::span<const Bytes> args, uint64_t key_hash) {
  size_t bytes = 0;
  for (const Bytes arg : args) bytes += arg.size();
  const Bytes before = args_.view();
  args_.reserve(bytes);
  if (args_.view().data() != before.data()) batch_.rebase(before, args_.view().data());
  batch_.push_back({.entry = entry, .key_hash = key_hash}, args);
  batch_.rebase_last(args_);
  return bytes;
}

bool Run::clear_for_reuse() {
  batch_.clear();
  args_.clear();
  replies_.clear();
  ends_.clear();
  on_back_ = nullptr;
  stopped_.clear();
  client_ = nullptr;
  is_part_ = false;
  wait_ = nullptr;
  kept = nullptr;
  going_ = nullptr;
  homeward_ = false;
  return args_.memory_bytes() + replies_.memory_bytes() <= kSpareBytesMax;
}

void Run::look_ahead(const OnCore& here, Ahead ahead) const {
  if (homeward_) return;
  const storage::Database& database = here.data().keyspace.database(session_.db);
  for (size_t i = 0; i < batch_.size(); ++i) {
    const uint64_t hash = batch_.at(i).key_hash;
    if (hash == 0) continue;
    const storage::HashedKey key{.bytes = {}, .hash = hash};
    if (ahead == Ahead::first) {
      database.prefetch_bucket(key);
    } else {
      database.prefetch_entry(key);
    }
  }
}

void Run::arrive(OnCore& here, std::unique_ptr<Message> self) {
  if (homeward_) {
    on_back_(here, {.all = replies_.view(), .ends = ends_, .wait = std::move(wait_)});
    here.data().runs.give_back(std::unique_ptr<Run>(static_cast<Run*>(self.release())));
    return;
  }
  self_ = std::move(self);
  if (!stopped_.empty()) return run_exclusively(here);
  ++here.data().statistics.hops;
  owner_ = here.id();
  go_on(here);
}

void Run::stop_and_run(OnCore& here, std::unique_ptr<Run> run, const std::vector<CoreId>& cores,
                       Client* client) {
  run->stopped_ = cores;
  run->client_ = client;
  here.server().exclusives().run(cores, std::move(run));
}

void Run::run_exclusively(OnCore& here) {
  if (is_in_vain()) return go_home(here);
  for (const CoreId core : stopped_) {
    here.server().core(core).data().pause.end_if_over(here.now_ms());
  }
  if (held_back(here) || stop_more(here)) return;
  ++here.data().statistics.exclusive_runs;
  const RequestBatch::Request& request = batch_.front();
  const Call call{.entry = *request.entry,
                  .args = batch_.args(request),
                  .caller = *this,
                  .client = client_,
                  .reach = Reach(stopped_),
                  .key_hash = request.key_hash};
  if (execute(here, call, replies_) == Outcome::suspended) return wait(here);
  ends_.push_back(replies_.size());
  batch_.pop_front();
  // Before a core that was stopped can say that what was read has changed (tracking/).
  if (batch_.empty() && session_.caches) return go_home_at_once(here);
  if (batch_.empty()) return go_home(here);
  stopped_.clear();
  here.post(owner_, std::move(self_));
}

// Whether its next command needs more cores stopped than there are (serve.hpp); then it runs when
// they are.
bool Run::stop_more(OnCore& here) {
  const RequestBatch::Request& request = batch_.front();
  std::vector<CoreId> cores =
      cores_to_stop(here, *request.entry, batch_.args(request), Reach(stopped_));
  if (cores.empty()) return false;
  stopped_ = std::move(cores);
  here.server().exclusives().run(std::vector<CoreId>(stopped_), std::move(self_));
  return true;
}

// Until the command that was suspended is answered; at home, where it waits for keys.
void Run::wait(const OnCore& here) {
  if (wait_ != nullptr) return go_home_at_once(here);
  here.data().waiting_runs.add(std::move(self_));
}

void Run::await(const OnCore&, std::shared_ptr<KeyWait> wait) { wait_ = std::move(wait); }

// Ahead of everything that this core and those that are stopped will send: what it waits for may be
// there in a moment, on any of them, and must not come home before it.
void Run::go_home_at_once(const OnCore& here) {
  homeward_ = true;
  here.server().core(home_).post(std::move(self_));
}

// A pause may have begun while it was on its way.
bool Run::held_back(OnCore& here) {
  Pause& pause = here.data().pause;
  if (!pause.active()) return false;
  const RequestBatch::Request& request = batch_.front();
  const Flag flags = flags_of_call(here.server(), *request.entry, batch_.args(request));
  if (!pause.holds(flags, here.now_ms())) return false;
  pause.hold(here, *this);
  wait(here);
  return true;
}

void Run::go_on(OnCore& here) {
  while (!batch_.empty() && !is_in_vain()) {
    if (held_back(here) || stop_more(here)) return;
    const RequestBatch::Request& request = batch_.front();
    const Call call{.entry = *request.entry,
                    .args = batch_.args(request),
                    .caller = *this,
                    .key_hash = request.key_hash,
                    .part_of = is_part_ ? PartOf::split_command : PartOf::nothing};
    if (execute(here, call, replies_) == Outcome::suspended) return wait(here);
    ends_.push_back(replies_.size());
    batch_.pop_front();
  }
  go_home(here);
}

void Run::go_home(OnCore& here) {
  homeward_ = true;
  here.post(home_, std::move(self_));
}

void Run::resume(OnCore& here, protocol::Reply reply) {
  self_ = here.data().waiting_runs.take(*this);
  const RequestBatch::Request& request = batch_.front();
  const Call call{.entry = *request.entry, .args = batch_.args(request), .caller = *this};
  finish_suspended(here, call, 0, reply, replies_);
  ends_.push_back(replies_.size());
  batch_.pop_front();
  go_on(here);
}

void Run::retry(OnCore& here) {
  self_ = here.data().waiting_runs.take(*this);
  if (stopped_.empty()) return go_on(here);
  const std::vector<CoreId> cores = stopped_;
  here.server().exclusives().run(cores, std::move(self_));
}

}  // namespace tidemark::server
