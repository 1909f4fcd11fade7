#include "server/client/run.hpp"

#include <utility>

#include "server/client/client.hpp"
#include "server/command/execute.hpp"
#include "server/core/core.hpp"

namespace tidemark::server {

void Run::come_home_to(CoreId home, OnBack on_back) {
  home_ = home;
  on_back_ = std::move(on_back);
}

void Run::add(const CommandEntry* entry, std::span<const Bytes> args, uint64_t key_hash) {
  batch_.push_back_owned({.entry = entry, .key_hash = key_hash}, args);
}

void Run::arrive(OnCore& here, std::unique_ptr<Message> self) {
  if (homeward_) {
    on_back_(here, {.all = replies_.view(), .ends = ends_});
    return;
  }
  ++here.data().statistics.hops;
  self_ = std::move(self);
  go_on(here);
}

void Run::arrive_exclusively(OnCore& here, Reach reach, Client* client, std::unique_ptr<Run> self) {
  ++here.data().statistics.exclusive_runs;
  const RequestBatch::Request& request = batch_.front();
  const Call call{.entry = *request.entry,
                  .args = batch_.args(request),
                  .caller = *this,
                  .client = client,
                  .reach = reach,
                  .key_hash = request.key_hash};
  self_ = std::move(self);
  if (execute(here, call, replies_) == Outcome::suspended) return;
  ends_.push_back(replies_.size());
  go_home(here);
}

void Run::go_on(OnCore& here) {
  while (!batch_.empty()) {
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

void Run::retry(OnCore& here) { go_on(here); }

}  // namespace tidemark::server
