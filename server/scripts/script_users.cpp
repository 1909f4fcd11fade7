#include "server/scripts/script_users.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "server/core/work_message.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"

namespace tidemark::server {

// What the loads under way share, which come home on several cores.
struct ScriptUsers::Loading {
  // One more, so that it is not over before all were asked for.
  Loading(const Context& ctx, size_t users)
      : server(ctx.server()), caller(ctx.caller()), where(ctx.here().id()), missing(users + 1) {}

  Server& server;
  Caller& caller;
  const CoreId where;  // the command was suspended
  std::atomic<size_t> missing;
  std::atomic<bool> failed = false;
  std::string reason;  // written by whoever sets `failed`

  void one_done(const std::shared_ptr<Loading>& self, const storage::StoreStatus& outcome) {
    if (!outcome && !failed.exchange(true)) reason = outcome.reason;
    if (missing.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    server.core(where).post(std::make_unique<WorkMessage>([self](OnCore& on) {
      if (!self->failed) return self->caller.retry(on);
      self->caller.kept = nullptr;
      self->caller.resume(on, store_down(self->reason));
    }));
  }
};

ScriptUsers::~ScriptUsers() {
  for (std::string& user : held_) {
    Core& core = server_.core(server_.router().owner(user));
    core.post(std::make_unique<WorkMessage>([user = std::move(user)](OnCore& here) {
      here.data().read_states.release(user);
      // Those who came while memory was full go again.
      if (here.server().settings().maxmemory > 0) here.data().passing_users.add(user);
    }));
  }
}

std::shared_ptr<ScriptUsers> ScriptUsers::take(Context& ctx) {
  return std::static_pointer_cast<ScriptUsers>(std::exchange(ctx.caller().kept, nullptr));
}

bool ScriptUsers::may_need(Bytes code) {
  constexpr Bytes kWord = "readstate";
  const auto same = [](char in_code, char in_word) { return (in_code | 0x20) == in_word; };
  return std::search(code.begin(), code.end(), kWord.begin(), kWord.end(), same) != code.end();
}

bool ScriptUsers::is_here(const Context& ctx, Bytes user) {
  const CoreData& data = ctx.data(user);
  return data.write_behind == nullptr ||
         data.read_states.find(user).residency() == storage::Residency::resident;
}

void ScriptUsers::hold(const Context& ctx, Bytes user) {
  ctx.data(user).read_states.hold(user);
  held_.emplace_back(user);
}

bool ScriptUsers::bring(Context& ctx, std::shared_ptr<ScriptUsers>& self,
                        std::span<const Bytes> users) {
  std::vector<Bytes> missing;
  for (const Bytes user : users) {
    if (!is_here(ctx, user)) missing.push_back(user);
  }
  if (missing.empty()) return true;
  if (self == nullptr) self = std::make_shared<ScriptUsers>(ctx.server());
  ++self->times_;
  for (const Bytes user : users) self->hold(ctx, user);
  const auto loading = std::make_shared<Loading>(ctx, missing.size());
  for (const Bytes user : missing) {
    const auto done = [loading](const storage::StoreStatus& outcome) {
      loading->one_done(loading, outcome);
    };
    const storage::StoreStatus asked = ctx.data(user).write_behind->request_load(user, done);
    if (!asked) done(asked);
  }
  ctx.caller().kept = self;
  loading->one_done(loading, {});
  return false;
}

}  // namespace tidemark::server
