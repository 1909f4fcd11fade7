#include "server/client/run.hpp"

#include <utility>

#include "server/client/client.hpp"
#include "server/command/execute.hpp"
#include "server/core/core.hpp"
#include "server/core/exclusive.hpp"
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
    on_back_(here, {.all = replies_.view(), .ends = ends_});
    here.data().runs.give_back(std::unique_ptr<Run>(static_cast<Run*>(self.release())));
    return;
  }
  ++here.data().statistics.hops;
  self_ = std::move(self);
  go_on(here);
}

void Run::stop_and_run(OnCore& here, std::unique_ptr<Run> run, const std::vector<CoreId>& cores,
                       Client* client) {
  run->stopped_ = cores;
  run->client_ = client;
  // std::function copies what it holds, so the run is handed over as a bare pointer.
  here.server().exclusives().run(cores, [run = run.release()](OnCore& on) {
    run->self_.reset(run);
    run->run_exclusively(on);
  });
}

void Run::run_exclusively(OnCore& here) {
  for (const CoreId core : stopped_) {
    here.server().core(core).data().pause.end_if_over(here.now_ms());
  }
  if (held_back(here)) return;
  ++here.data().statistics.exclusive_runs;
  const RequestBatch::Request& request = batch_.front();
  const Call call{.entry = *request.entry,
                  .args = batch_.args(request),
                  .caller = *this,
                  .client = client_,
                  .reach = Reach(stopped_),
                  .key_hash = request.key_hash};
  if (execute(here, call, replies_) == Outcome::suspended) return;
  ends_.push_back(replies_.size());
  go_home(here);
}

// A pause may have begun while it was on its way.
bool Run::held_back(OnCore& here) {
  Pause& pause = here.data().pause;
  if (!pause.holds(*batch_.front().entry->command, here.now_ms())) return false;
  pause.hold(here, *this);
  return true;
}

void Run::go_on(OnCore& here) {
  while (!batch_.empty()) {
    if (held_back(here)) return;
    const RequestBatch::Request& request = batch_.front();
    const Call call{.entry = *request.entry,
                    .args = batch_.args(request),
                    .caller = *this,
                    .key_hash = request.key_hash};
    if (execute(here, call, replies_) == Outcome::suspended) return;
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
  finish_suspended(here, *batch_.front().entry, session_, reply, replies_);
  ends_.push_back(replies_.size());
  batch_.pop_front();
  go_on(here);
}

void Run::retry(OnCore& here) {
  if (stopped_.empty()) return go_on(here);
  // It cannot be destroyed before it runs: the exclusive work takes it over.
  std::unique_ptr<Run> self(static_cast<Run*>(self_.release()));
  const std::vector<CoreId> cores = stopped_;
  stop_and_run(here, std::move(self), cores, client_);
}

}  // namespace tidemark::server
